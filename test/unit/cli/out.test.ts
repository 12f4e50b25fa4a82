import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jobrelay } from './run-in-process.js';

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), 'jobrelay-out-'));
  await writeFile(path.join(cwd, 'taken'), '');
});
afterAll(() => rm(cwd, { recursive: true }));

/** No server answers here: what is refused before has another exit code. */
const start = (...args: readonly string[]) => jobrelay([...args, '--address', '127.0.0.1:1'], { cwd });
const JOB = ['job', 'local/echo', '--input', '{"a": 1}'];
const RUN = ['run', 'shout'];

describe('--out', () => {
  it.each([[[...JOB, '--out', 'taken']], [[...RUN, '--out', 'taken']], [[...RUN, '--out', 'taken/results']]])(
    '%j is refused before anything is started',
    async (args) => {
      const { exitCode, stderr } = await start(...args);
      expect(stderr).toMatch(/^error: --out taken.*: there is a file in its place/);
      expect(exitCode).toBe(2);
    },
  );

  it.each([[JOB], [RUN]])('does not go with --detach, which waits for no output: %j', async (args) => {
    const { exitCode, stderr } = await start(...args, '--detach', '--out', 'results');
    expect(stderr).toContain("'--out <dir>' cannot be used with option '--detach'");
    expect(exitCode).toBe(2);
  });
});
