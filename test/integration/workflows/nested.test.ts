import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunCancelled } from '../../../client/index.js';
import type { JsonObject, JsonValue } from '../../../job-api/json.js';
import { DEFINITION_MEMO } from '../../../workflows/contract.js';
import { failureOfRun, type Harness, historyText, startHarness, until } from '../harness.js';

const FILES = {
  shout: `version: 1
input: { type: object, required: [word], properties: { word: { type: string } }, additionalProperties: false }
steps:
  loud: { endpoint: local/echo, input: { text: "{% $uppercase($input.word) %}" } }
output: { text: "{% $steps.loud.output.text %}" }
`,
  twice: `version: 1
name: said-twice
steps:
  once: { pipeline: shout, input: { word: "{% $input.word %}" } }
  again: { pipeline: shout, input: { word: "{% $steps.once.output.text & '!' %}" } }
output: "{% $steps.again.output.text %}"
`,
} as const;

let folder: string;
let harness: Harness;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'jobrelay-nested-'));
  for (const [name, text] of Object.entries(FILES)) await writeFile(path.join(folder, `${name}.yaml`), text);
  harness = await startHarness({
    configure: (config) => ({ ...config, pipelines: folder }),
    endpoints: {
      picky: {
        workers: 200,
        handler: (input) => {
          const { n } = input as { n: number };
          if (n === 13) throw new Error('13 is unlucky');
          return { n };
        },
      },
    },
  });
});
afterAll(async () => {
  await harness.stop();
  await rm(folder, { recursive: true });
});

const definitionOf = (steps: Record<string, JsonObject>, output?: JsonValue): JsonObject => ({
  version: 1,
  steps,
  ...(output !== undefined && { output }),
});
const start = (steps: Record<string, JsonObject>, output?: JsonValue, input: JsonValue = {}) =>
  harness.relay.start('pipeline', { definition: definitionOf(steps, output), input });

const sleepers = (mark: string) =>
  harness.emulator.jobs().filter(({ input }) => (input as { mark?: string }).mark === mark);

/** The nested runs of a run, by their ids. */
async function childrenOf(workflowId: string): Promise<readonly { workflowId: string; status: string }[]> {
  const { events = [] } = await harness.temporal.workflow.getHandle(workflowId).fetchHistory();
  const ids = (events ?? []).flatMap(
    (event) => event.startChildWorkflowExecutionInitiatedEventAttributes?.workflowId ?? [],
  );
  return await Promise.all(
    ids.map(async (id) => {
      const { status } = await harness.temporal.workflow.getHandle(id).describe();
      return { workflowId: id, status: status.name };
    }),
  );
}

// Each waits for a run of its own.
describe.concurrent('a pipeline as a step', () => {
  it('runs by its name, with what it is given and nothing else, and hands on its output', async () => {
    const run = await start(
      { said: { pipeline: 'twice', input: { word: '{% $input.word %}' } }, after: { set: '{% $steps.said.output %}' } },
      { said: '{% $steps.after.output %}', status: '{% $steps.said.status %}' },
      { word: 'boat' },
    );
    const { output, steps, usage } = await run.result();
    expect(output).toEqual({ said: 'BOAT!', status: 'completed' });
    expect({ jobs: usage.jobs, ofStep: steps.said?.jobs }).toEqual({ jobs: 2, ofStep: 2 });
    expect((await run.progress()).steps.said).toEqual({ status: 'completed', done: 2, total: 2, failed: 0 });

    const [child] = await childrenOf(run.workflowId);
    expect(child?.workflowId).toMatch(new RegExp(`^${run.workflowId}/said/[0-9a-f]{8}$`));
    const { memo } = await harness.temporal.workflow.getHandle(child?.workflowId ?? '').describe();
    const sha256 = createHash('sha256').update(FILES.twice).digest('hex');
    expect(memo?.[DEFINITION_MEMO]).toEqual({ name: 'twice', sha256 });
  });

  it('can stand in the definition itself, and sees the $run of the one around it', async () => {
    const inner = definitionOf(
      { seen: { set: '{% {"keys": [$keys($input)], "run": $run.workflowId, "x": $input.x} %}' } },
      '{% $steps.seen.output %}',
    );
    const run = await start(
      {
        first: { set: 1 },
        within: { pipeline: inner, input: { x: '{% $steps.first.output %}' } },
        bare: { pipeline: inner },
      },
      { within: '{% $steps.within.output %}', bare: '{% $steps.bare.output %}' },
      { secret: 1 },
    );
    expect((await run.result()).output).toEqual({
      within: { keys: ['x'], run: run.workflowId, x: 1 },
      bare: { keys: [], run: run.workflowId },
    });
  });

  it('takes and returns values that no history holds', async () => {
    const inner = definitionOf(
      { copy: { endpoint: 'local/echo', input: { text: '{% $input.text %}' } } },
      { text: '{% $steps.copy.output.text %}', length: '{% $length($input.text) %}' },
    );
    const text = 'a boat on the lake, '.repeat(30_000);
    const run = await start(
      {
        copied: { pipeline: inner, input: { text: '{% $input.text %}' } },
        read: { set: '{% $length($steps.copied.output.text) %}' },
      },
      {
        same: '{% $steps.copied.output.text = $input.text %}',
        lengths: '{% [$steps.copied.output.length, $steps.read.output] %}',
      },
      { text },
    );
    expect((await run.result()).output).toEqual({ same: true, lengths: [text.length, text.length] });
    const [child] = await childrenOf(run.workflowId);
    for (const id of [run.workflowId, child?.workflowId ?? '']) {
      expect((await historyText(harness.temporal, id)).length).toBeLessThan(100_000);
    }
  });

  it('is skipped with its when, and waits for what it needs', async () => {
    const inner = definitionOf({ now: { set: '{% $millis() %}' } }, '{% $steps.now.output %}');
    const run = await start(
      {
        later: { pipeline: inner, needs: ['first'] },
        never: { pipeline: inner, when: false },
        first: { endpoint: 'local/sleep', input: { ms: 300 } },
      },
      { never: '{% $steps.never.status %}', later: '{% $exists($steps.later.output) %}' },
    );
    const { output, steps } = await run.result();
    expect(output).toEqual({ never: 'skipped', later: true });
    expect(Date.parse(steps.later?.startedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(steps.first?.endedAt ?? ''));
    expect(await childrenOf(run.workflowId)).toHaveLength(1);
  });

  it('shows how far it is in the progress of the one around it', async () => {
    const mark = randomUUID();
    const inner = definitionOf({
      quick: { forEach: [1, 2, 3], endpoint: 'local/echo', input: { n: '{% $item %}' } },
      slow: { endpoint: 'local/sleep', input: { ms: 60_000, mark } },
    });
    const run = await start({ scene: { pipeline: inner } });
    const seen = await until('three of four are done', async () => {
      const { scene } = (await run.progress()).steps;
      return scene?.done === 3 ? scene : undefined;
    });
    expect(seen).toEqual({ status: 'running', done: 3, total: 4, failed: 0 });
    await until('the last has begun', () => sleepers(mark).length === 1);
    await run.cancel();
    await expect(run.result()).rejects.toBeInstanceOf(RunCancelled);
  });
});

describe('a forEach of pipelines', () => {
  const picky = definitionOf(
    { one: { endpoint: 'local/picky', input: { n: '{% $input.n %}' } } },
    '{% $steps.one.output.n * 2 %}',
  );

  it('gives the outputs in the order of the items, and what the failed ones failed with', async () => {
    const run = await start(
      { each: { forEach: '{% [11..14] %}', tolerate: 1, pipeline: picky, input: { n: '{% $item %}' } } },
      { all: '{% $steps.each.output %}', why: '{% $steps.each.errors[2] %}' },
    );
    const { output, usage } = await run.result();
    expect(output).toEqual({
      all: [22, 24, null, 28],
      why: { type: 'StepFailed', message: expect.stringContaining('step "one" failed: JobFailed: 13 is unlucky') },
    });
    expect(usage.jobs).toBe(4);
    const ids = (await childrenOf(run.workflowId)).map(({ workflowId }) => workflowId);
    expect(ids.map((id) => id.split('/').slice(-3, -1))).toEqual(['0', '1', '2', '3'].map((at) => ['each', at]));
  });

  it('runs in slices where they are many, which share its concurrency', async () => {
    const run = await start(
      {
        each: { forEach: '{% [101..205] %}', concurrency: 40, pipeline: picky, input: { n: '{% $item %}' } },
      },
      { count: '{% $count($steps.each.output) %}', last: '{% $steps.each.output[104] %}' },
    );
    const { output, usage } = await run.result();
    expect({ output, jobs: usage.jobs }).toEqual({ output: { count: 105, last: 410 }, jobs: 105 });
    const slices = await childrenOf(run.workflowId);
    expect(slices).toHaveLength(2);
    const [last] = await childrenOf(slices[1]?.workflowId ?? '');
    expect(last?.workflowId).toMatch(new RegExp(`^${slices[1]?.workflowId}/100/[0-9a-f]{8}$`));
  });
});

describe.concurrent('a nested pipeline that fails', () => {
  const failing = (fields: JsonObject = {}): JsonObject => ({
    pipeline: definitionOf({
      deep: {
        pipeline: definitionOf({
          draw: { forEach: [12, 13], endpoint: 'local/picky', input: { n: '{% $item %}' }, concurrency: 1 },
        }),
      },
    }),
    ...fields,
  });

  it('fails the run with the step that failed, however deep', async () => {
    const error = await failureOfRun(harness.relay, 'pipeline', { definition: definitionOf({ scene: failing() }) });
    expect(error.type).toBe('StepFailed');
    expect(error.message).toContain(
      'step "scene" failed: StepFailed: step "deep" failed: StepFailed: step "draw[1]" failed: JobFailed: 13 is unlucky',
    );
    expect(error.details).toMatchObject({
      step: 'scene',
      cause: {
        type: 'StepFailed',
        details: {
          workflowId: expect.stringContaining('/scene/'),
          step: 'deep',
          cause: {
            details: {
              workflowId: expect.stringMatching(/\/scene\/[0-9a-f]{8}\/deep\//),
              step: 'draw',
              index: 1,
              cause: { type: 'JobFailed', details: { attempts: [{ outcome: 'JobFailed' }] } },
            },
          },
        },
      },
      usage: { jobs: 2 },
    });
  });

  it('leaves the run its way where the step says so', async () => {
    const run = await start(
      { scene: failing({ onError: 'continue' }) },
      '{% $steps.scene.status & ": " & $steps.scene.error.type %}',
    );
    expect((await run.result()).output).toBe('failed: StepFailed');
  });

  it('is refused an input that its definition does not take, before it starts anything', async () => {
    const error = await failureOfRun(harness.relay, 'pipeline', {
      definition: definitionOf({ said: { pipeline: 'shout', input: { word: '{% $input.word %}' } } }),
      input: { word: 5 },
    });
    expect(error.message).toContain('step "said" failed: InputRejected: input.word: must be string');
    expect(error.details).toMatchObject({
      step: 'said',
      cause: { type: 'InputRejected', details: { problems: [{ path: ['input', 'word'] }] } },
    });
  });

  it('settles its jobs at its total limit', async () => {
    const mark = randomUUID();
    const error = await failureOfRun(harness.relay, 'pipeline', {
      definition: definitionOf({
        scene: {
          pipeline: definitionOf({ slow: { endpoint: 'local/sleep', input: { ms: 60_000, mark } } }),
          timeouts: { total: '5s' },
        },
      }),
    });
    expect(error.details).toMatchObject({ step: 'scene', cause: { type: 'TotalTimeout' }, unsettled: [] });
    expect(sleepers(mark).map(({ status }) => status)).toEqual(['CANCELLED']);
  });

  it('that somebody else cancels has settled its jobs, and says so', async () => {
    const mark = randomUUID();
    const run = await start({
      scene: { pipeline: definitionOf({ slow: { endpoint: 'local/sleep', input: { ms: 60_000, mark } } }) },
    });
    await until('its job runs', () => sleepers(mark).some(({ status }) => status === 'IN_PROGRESS'));
    const [child] = await childrenOf(run.workflowId);
    await harness.temporal.workflow.getHandle(child?.workflowId ?? '').cancel();
    await expect(run.result()).rejects.toThrow('was cancelled by someone else');
    expect(sleepers(mark).map(({ status }) => status)).toEqual(['CANCELLED']);
  });
});

describe.concurrent('cancelling a run with nested pipelines', () => {
  it('ends once all of them have settled their jobs, and tells of each', async () => {
    const mark = randomUUID();
    const slow = definitionOf({ slow: { endpoint: 'local/sleep', input: { ms: 60_000, mark } } });
    const run = await start({
      alone: { pipeline: definitionOf({ deeper: { pipeline: slow } }) },
      each: { forEach: [1, 2], pipeline: slow },
    });
    await until('all jobs run', () => sleepers(mark).filter(({ status }) => status === 'IN_PROGRESS').length === 3);
    await run.cancel();
    const error = await run.result().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(RunCancelled);
    const { settlement } = error as RunCancelled;
    expect(settlement?.jobs.map(({ settled }) => settled)).toEqual(['stopped', 'stopped', 'stopped']);
    expect(settlement?.usage.jobs).toBe(3);
    expect(sleepers(mark).map(({ status }) => status)).toEqual(['CANCELLED', 'CANCELLED', 'CANCELLED']);
    expect((await childrenOf(run.workflowId)).map(({ status }) => status)).toEqual([
      'CANCELLED',
      'CANCELLED',
      'CANCELLED',
    ]);
  });

  it('lets those of a run that was terminated settle their jobs', async () => {
    const mark = randomUUID();
    const run = await start({
      alone: { pipeline: definitionOf({ slow: { endpoint: 'local/sleep', input: { ms: 60_000, mark } } }) },
    });
    await until('its job runs', () => sleepers(mark).some(({ status }) => status === 'IN_PROGRESS'));
    await harness.temporal.workflow.getHandle(run.workflowId).terminate('for a test');
    await until('its job was cancelled', () => sleepers(mark).every(({ status }) => status === 'CANCELLED'));
  });
});

describe('a pipeline that leads to itself', () => {
  it('is refused before anything starts, with the way and the place', async () => {
    await writeFile(path.join(folder, 'ping.yaml'), 'version: 1\nsteps:\n  there: { pipeline: pong }\n');
    await writeFile(path.join(folder, 'pong.yaml'), 'version: 1\nsteps:\n  back: { pipeline: ping }\n');
    const error = await failureOfRun(harness.relay, 'pipeline', { pipeline: 'ping' });
    expect(error.type).toBe('DefinitionInvalid');
    expect(error.message).toContain('ping.yaml:3:12: steps.there.pipeline: the pipeline "pong" cannot run: ');
    expect(error.message).toContain('pong.yaml:3:11: steps.back.pipeline: includes itself: "ping" -> "pong" -> "ping"');
  });
});
