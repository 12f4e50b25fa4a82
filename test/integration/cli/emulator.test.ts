import { tmpdir } from 'node:os';
import { expect, it, onTestFinished } from 'vitest';
import { until } from '../harness.js';
import { runCli, startCli } from './cli-process.js';

/** `jobrelay emulator` on a free port. */
async function emulator(...args: string[]) {
  const { child, stdout, exited } = startCli(['emulator', '--json', '--port', '0', ...args], { cwd: tmpdir() });
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await exited;
  });
  const line = await until('it is ready', () => (stdout().includes('\n') ? stdout() : undefined));
  const { emulator: url } = JSON.parse(line) as { emulator: string };
  const post = async (path: string, body: object = {}) => {
    const headers = { authorization: 'k', 'x-apikey': 'k' };
    const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever came.
    return { status: answer.status, body: (await answer.json()) as any, headers: answer.headers };
  };
  return { post };
}

it('keeps to the documented limits', async () => {
  const { post } = await emulator();
  const purge = async () => (await post('/v2/echo/purge-queue')).status;
  expect([await purge(), await purge(), await purge()]).toEqual([200, 200, 429]);
});

it('takes its options: no limits, surfaces, the forms of SubModel, a test clock', async () => {
  const options = [
    '--surface',
    'chat=echo',
    '--surface',
    'images=sleep',
    '--submodel-envelope',
    '--submodel-lower-case',
  ];
  const { post } = await emulator('--no-limits', '--test-clock', ...options);
  const purge = async () => (await post('/v2/echo/purge-queue')).status;
  expect([await purge(), await purge(), await purge()]).toEqual([200, 200, 200]);
  const { headers } = await post('/v1/runpod/images/run', { input: { ms: 1 } });
  expect(headers.get('x-runpod-endpoint-id')).toBe('sleep');
  const { body } = await post('/v1/sl/nobody/run', { input: 1 });
  expect(body).toMatchObject({ code: 20_000, data: { status: 'in_queue' } });
  const before = Date.now();
  const clock = await post('/_emulator/clock', { advanceMs: 3_600_000 });
  expect(Date.parse(clock.body.now)).toBeGreaterThanOrEqual(before + 3_600_000);
});

it('refuses a surface that there is not', async () => {
  const { exitCode, stderr } = await runCli(['emulator', '--surface', 'video=echo'], { cwd: tmpdir() });
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain(
    'give a surface (chat, images, embeddings, transcribe) and its endpoint, such as images=draw',
  );
});
