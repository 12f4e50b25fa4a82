import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type Emulator, startEmulator } from '../../../emulator/index.js';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

let project: string;
let emulator: Emulator;
let worker: ChildProcess | undefined;

/** The example as a project by itself, with the package as `npm link` would give it: what package.json exports, out of dist. */
beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'jobrelay-own-workflow-'));
  for (const part of ['src', 'package.json', 'tsconfig.json']) {
    await cp(join(ROOT, 'examples/own-workflow', part), join(project, part), { recursive: true });
  }
  const guide = await readFile(join(ROOT, 'docs/own-workflows.md'), 'utf8');
  const shown = [...guide.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code);
  await Promise.all(shown.map((code, index) => writeFile(join(project, `src/guide-${index}.ts`), code)));
  await mkdir(join(project, 'node_modules'));
  await symlink(ROOT, join(project, 'node_modules/jobrelay'), 'junction');
  for (const shared of ['@temporalio', '@types']) {
    await symlink(join(ROOT, 'node_modules', shared), join(project, 'node_modules', shared), 'junction');
  }
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  await run(process.execPath, [tsc, '-p', project]).catch(({ stdout }: { stdout: string }) => {
    throw new Error(`the example, or the code that the guide shows, does not compile:\n${stdout}`);
  });
  const { endpoints } = await import(pathToFileURL(join(project, 'out/handlers.js')).href);
  emulator = await startEmulator({ endpoints });
});
afterAll(async () => {
  worker?.kill('SIGKILL');
  await emulator?.close();
  await rm(project, { recursive: true, force: true });
});

test('a workflow of the user transcribes, branches in TypeScript, is found by the command line, and ends with its worker', async () => {
  const env = {
    ...process.env,
    NODE_OPTIONS: '',
    TEMPORAL_ADDRESS: inject('temporal').address,
    JOBRELAY_EMULATOR_URL: emulator.url,
  };
  const started = spawn(process.execPath, ['out/worker.js'], { cwd: project, env, stdio: 'ignore' });
  worker = started;
  const ended = once(started, 'close');

  const { stdout } = await run(process.execPath, ['out/start.js'], { cwd: project, env });
  expect(JSON.parse(stdout)).toEqual([
    {
      language: 'de',
      summary: ['My boat is blue, not red', 'The number is 17.'],
      answer: 'We are sorry: My boat is blue, not red. Your refund is on its way.',
      jobs: 6,
    },
    { language: 'en', summary: ['The boat came today, and it is lovely'], jobs: 3 },
  ]);
  const left = emulator.jobs().filter(({ endpoint }) => endpoint === 'transcribe-large');
  expect(left.map(({ status }) => status)).toEqual(['CANCELLED', 'CANCELLED']);

  const command = [join(ROOT, 'dist/cli/main.js'), 'status', 'callNotes:calls/order-17.mp3', '--json'];
  const status = await run(process.execPath, [...command, '--task-queue', 'call-notes'], { cwd: project, env });
  expect(JSON.parse(status.stdout)).toMatchObject({ type: 'callNotes', status: 'completed' });
  expect(status.stderr).toBe('');

  started.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});
