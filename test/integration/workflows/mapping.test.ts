import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configFromFile } from '../../../config/build.js';
import { parseYaml } from '../../../config/index.js';
import type { JobFailureDetails } from '../../../workflows/contract.js';
import { failureOfRun, type Harness, historyText, startHarness } from '../harness.js';

/** Two providers of transcripts that agree on nothing. The first is gone. */
const FILE = `version: 1
secrets: [HF_TOKEN]
endpoints:
  whisper:
    use:
      - local/gone
      - id: local/studio
        input: { file_url: "{% $input.audio %}", token: { $secret: HF_TOKEN } }
        output: "{% { 'text': $output.transcription } %}"
    outputSchema: { type: object, required: [text] }
  strict:
    use: { id: local/studio, input: { file_url: "{% $input.missing %}" } }
  empty:
    use: { id: local/studio, input: "{% $input.options %}" }
  odd:
    use: { id: local/studio, output: "{% $number($output.transcription) %}" }
`;

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({
    env: { HF_TOKEN: 'the-secret-value' },
    configure: (config) => {
      const emulatorUrl = config.providers.local?.baseUrl.replace(/\/v2$/, '') ?? '';
      const loaded = configFromFile(parseYaml(FILE, 'jobrelay.yaml'), '/project/jobrelay.yaml', {
        env: {},
        emulatorUrl,
      });
      return { ...loaded, artifacts: config.artifacts };
    },
    endpoints: {
      studio: { handler: (input) => ({ transcription: `heard ${(input as { file_url?: string }).file_url}` }) },
    },
  });
  harness.emulator.setFaults([
    { kind: 'status', endpoint: 'gone', httpStatus: 404, body: '{"error":"endpoint not found"}' },
  ]);
});
afterAll(() => harness.stop());

const jobs = () => harness.emulator.jobs().map(({ input }) => input);

describe('a job on an alias whose entries map', () => {
  it('fails over from a provider that takes the input as it is to one that wants another', async () => {
    const run = await harness.relay.start('job', { endpoint: 'whisper', input: { audio: 'a.mp3' } });
    const { output, endpoint, attempts } = await run.result();
    expect({ output, endpoint }).toEqual({ output: { text: 'heard a.mp3' }, endpoint: 'whisper' });
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['EndpointNotFound', 'COMPLETED']);
    expect(jobs().at(-1)).toEqual({ file_url: 'a.mp3', token: 'the-secret-value' });
    // By name only: neither the mapping nor its secret is in the history.
    const history = await historyText(harness.temporal, run.workflowId);
    expect(history).not.toMatch(/file_url|the-secret-value|transcription/);
  });

  it('maps large values as they are', async () => {
    const audio = 'x'.repeat(300_000);
    const run = await harness.relay.start('job', { endpoint: 'whisper', input: { audio } });
    await run.result();
    expect(jobs().at(-1)).toMatchObject({ file_url: audio });
  });

  it.each([
    ['strict', { audio: 'a.mp3' }, 'input.file_url: the expression yields nothing'],
    ['empty', { options: {} }, "what it yields is empty, and RunPod's workers refuse an empty input"],
  ])('is refused before anything is sent where the input does not go through: %s', async (alias, input, why) => {
    const before = jobs().length;
    const failure = await failureOfRun(harness.relay, 'job', { endpoint: alias, input });
    expect(failure.type).toBe('ExpressionFailed');
    expect(failure.message).toContain(
      `the mapping of the input of "${alias}" for local/studio in jobrelay.yaml fails: ${why}`,
    );
    expect(jobs()).toHaveLength(before);
  });

  it('counts the job whose output does not go through: it is completed and billed', async () => {
    const failure = await failureOfRun(harness.relay, 'job', { endpoint: 'odd', input: { audio: 'a.mp3' } });
    expect(failure.type).toBe('OutputRejected');
    expect(failure.message).toMatch(
      /completed, but the mapping of the output of "odd" for local\/studio in jobrelay\.yaml fails: output: /,
    );
    expect((failure.details as JobFailureDetails).usage.jobs).toBe(1);
  });
});
