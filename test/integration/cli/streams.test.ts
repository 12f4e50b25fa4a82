import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type CliSurroundings, jobrelay } from '../../unit/cli/run-in-process.js';
import { type Harness, startHarness } from '../harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({
    endpoints: {
      words: {
        aggregateStream: false,
        async *handler(input) {
          yield* (input as { words: string[] }).words;
        },
      },
      numbers: {
        aggregateStream: false,
        async *handler(input) {
          for (let n = 0; n < (input as { to: number }).to; n++) yield { n };
        },
      },
    },
  });
  await writeFile(
    story(),
    `version: 1
steps:
  write:
    endpoint: local/words
    input: { words: ["once ", "upon ", "a time"] }
    stream: events
  shout:
    forEach: [2, 3]
    endpoint: local/numbers
    input: { to: "{% $item %}" }
    stream: events
output: "{% $join($steps.write.output) %}"
`,
  );
});
afterAll(() => harness.stop());

/** `jobrelay …` at the server and with the task queue of this test. */
function run(args: readonly string[], surroundings: CliSurroundings = {}) {
  const { stateDir, taskQueue } = harness;
  const place = ['--address', inject('temporal').address, '--task-queue', taskQueue, '--state', stateDir];
  return jobrelay([...args, ...place], { cwd: stateDir, ...surroundings });
}
const lines = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

const story = () => join(harness.stateDir, 'story.yaml');
const say = (...words: string[]) => ['local/words', '--input', JSON.stringify({ words })];

// Each waits for a run of its own.
describe.concurrent('jobrelay job --follow', () => {
  it('prints the texts of a generator as they are, in the place of the output', async () => {
    const { exitCode, stdout, stderr } = await run(['job', ...say('a red', ' boat', '\non the sea'), '--follow']);
    expect(stdout).toBe('a red boat\non the sea\n');
    expect(stderr).toMatch(/^Run job:\S+\nCompleted job:/);
    expect(exitCode).toBe(0);
  });

  it('prints other values as a line of JSON each', async () => {
    const { stdout } = await run(['job', 'local/numbers', '--input', '{"to": 2}', '--follow']);
    expect(stdout).toBe('{"n":0}\n{"n":1}\n');
  });

  it('gives no terminal a command that a handler sends it', async () => {
    const { stdout } = await run(['job', ...say('\u001b[2Jgone\u0007', '\tstays'), '--follow'], { terminal: true });
    expect(stdout).toBe('[2Jgone\tstays\n');
  });

  it('has with --json a line for each event, and the document of the result after them', async () => {
    const { stdout } = await run(['job', ...say('a', 'b'), '--follow', '--json']);
    expect(lines(stdout)).toEqual([
      { step: 'job', kind: 'chunk', output: 'a', offset: 0 },
      { step: 'job', kind: 'chunk', output: 'b', offset: 1 },
      expect.objectContaining({ status: 'completed', result: expect.objectContaining({ output: ['a', 'b'] }) }),
    ]);
  });

  it('is refused where the stream is not to be kept', async () => {
    const { exitCode, stderr } = await run(['job', ...say('a'), '--follow', '--stream', 'collect']);
    expect(stderr).toMatch(/^error: --follow reads a stream that is kept for readers/);
    expect(exitCode).toBe(2);
  });

  it('prints the output of --stream collect at the end, as ever', async () => {
    const { stdout } = await run(['job', ...say('a', 'b'), '--stream', 'collect']);
    expect(JSON.parse(stdout)).toEqual(['a', 'b']);
  });
});

describe.concurrent('jobrelay run --follow', () => {
  it('prints the stream of a step, and then the output', async () => {
    const { exitCode, stdout } = await run(['run', story(), '--follow', 'write']);
    expect(stdout).toBe('once upon a time\n"once upon a time"\n');
    expect(exitCode).toBe(0);
  });

  it('prints that of an item', async () => {
    const { stdout } = await run(['run', story(), '--follow', 'shout[1]', '--json']);
    const events = lines(stdout).slice(0, -1);
    expect(events).toEqual(
      [0, 1, 2].map((n) => ({ step: 'shout', index: 1, kind: 'chunk', output: { n }, offset: n })),
    );
  });

  it('asks which, where several keep theirs', async () => {
    const { exitCode, stderr } = await run(['run', story(), '--follow']);
    expect(stderr).toMatch(/^error: --follow: name the step whose stream to print \(write, shout\[N\] are there\)/);
    expect(exitCode).toBe(2);
  });

  it('prints that of a step of a nested pipeline, without its name where there is no other', async () => {
    await writeFile(
      join(harness.stateDir, 'book.yaml'),
      `version: 1
steps:
  chapter:
    pipeline:
      version: 1
      steps:
        write: { endpoint: local/words, input: { words: ["once ", "upon"] }, stream: events }
      output: done
`,
    );
    const book = join(harness.stateDir, 'book.yaml');
    const { stdout } = await run(['run', book, '--follow', '--json']);
    expect(lines(stdout).slice(0, -1)).toEqual(
      ['once ', 'upon'].map((output, offset) => ({ step: 'chapter.write', kind: 'chunk', output, offset })),
    );
  });

  it('says of a step without a stream that it has none, and runs on', async () => {
    const { exitCode, stdout, stderr } = await run(['run', story(), '--follow', 'nobody']);
    expect(stderr).toMatch(/The stream of nobody can't be followed: /);
    expect(stdout).toBe('"once upon a time"\n');
    expect(exitCode).toBe(0);
  });
});

describe('jobrelay result --follow', () => {
  it('prints the stream of a run that was started elsewhere, from where a reader was', async () => {
    const input = { words: ['a', 'b', 'c'] };
    const started = await harness.relay.start('job', { endpoint: 'local/words', input, stream: 'events' });
    await started.result();
    const { exitCode, stdout, stderr } = await run(['result', started.workflowId, '--follow', '--from', '1']);
    expect(stderr).toMatch(/^Completed /);
    expect(stdout).toBe('bc\n');
    expect(exitCode).toBe(0);
  });
});
