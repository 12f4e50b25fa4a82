import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Emulator, startEmulator } from '../../../emulator/index.js';
import type { JsonValue } from '../../../job-api/json.js';
import { installRunpodPackage, type PythonWorker, soon, startPythonWorker } from './runpod-package.js';

const LEASE_MS = 6_000;
/** Longer than any test: the job has to be cancelled, or lost. */
const NEVER = 600;

const installed = await installRunpodPackage();
if ('missing' in installed) {
  console.warn(
    `Workers of RunPod's Python package are not tested: it needs python3 with pip, and PyPI. ${installed.missing}`,
  );
}

describe.skipIf('missing' in installed)('a worker of RunPod’s Python package', () => {
  let emulator: Emulator;
  const workers: PythonWorker[] = [];

  const start = (script: string, endpointId: string, workerId: string): PythonWorker => {
    const folder = 'folder' in installed ? installed.folder : '';
    const worker = startPythonWorker(script, { folder, emulatorUrl: emulator.url, endpointId, workerId });
    workers.push(worker);
    return worker;
  };
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever came, and fails if it isn't what it says.
  const call = async (path: string, body?: object): Promise<any> => {
    const answer = await fetch(`${emulator.url}/v2/${path}`, {
      headers: { authorization: 'Bearer any' },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    });
    return answer.json();
  };
  const submit = async (endpoint: string, input: JsonValue): Promise<string> =>
    (await call(`${endpoint}/run`, { input })).id;
  const reaches = (endpoint: string, id: string, expected: object) =>
    soon(async () => {
      const job = await call(`${endpoint}/status/${id}`);
      expect(job).toMatchObject(expected);
      return job;
    });
  const cancel = (endpoint: string, id: string) => call(`${endpoint}/cancel/${id}`, {});

  let narrator: PythonWorker;
  beforeAll(async () => {
    emulator = await startEmulator({ workerLeaseMs: LEASE_MS });
    start('title_card.py', 'title-card', 'artist');
    narrator = start('narrator.py', 'narrator', 'narrator-1');
    await Promise.all(
      ['title-card', 'narrator'].map((endpoint) =>
        soon(async () => expect((await call(`${endpoint}/health`)).workers).toMatchObject({ idle: 1, ready: 1 })),
      ),
    );
  });
  afterAll(async () => {
    for (const worker of workers) worker.end();
    await emulator.close();
  });

  it('returns a result', async () => {
    const id = await submit('title-card', { title: 'Søren & the boat', seconds: 0 });
    expect(await reaches('title-card', id, { status: 'COMPLETED' })).toMatchObject({
      workerId: 'artist',
      executionTime: expect.any(Number),
      output: { title: 'Søren & the boat', svg: expect.stringContaining('Søren &amp; the boat') },
    });
  });

  it('raises, which is told as a JSON text', async () => {
    const id = await submit('title-card', { title: 7 });
    const { error } = await reaches('title-card', id, { status: 'FAILED' });
    expect(JSON.parse(error)).toMatchObject({
      error_type: "<class 'ValueError'>",
      error_message: 'input.title must be a text',
      error_traceback: expect.stringContaining('title_card.py'),
      worker_id: 'artist',
      runpod_version: '1.12.0',
    });
  });

  it('returns an error beside an output', async () => {
    const id = await submit('title-card', { title: 'x'.repeat(41) });
    expect(await reaches('title-card', id, { status: 'FAILED' })).toMatchObject({
      error: 'a title has at most 40 letters',
      output: { letters: 41 },
    });
  });

  it('reports progress, although the handler blocks its process', async () => {
    const id = await submit('title-card', { title: 'The red boat', seconds: 2 });
    await reaches('title-card', id, { status: 'IN_PROGRESS', output: { percent: expect.any(Number) } });
    await reaches('title-card', id, { status: 'COMPLETED', output: { title: 'The red boat' } });
  });

  it('yields chunks, and their list at the end', async () => {
    const id = await submit('narrator', { story: 'once there was a boat', secondsPerWord: 0.3 });
    const words: string[] = [];
    for (let status = 'IN_QUEUE'; status !== 'COMPLETED'; ) {
      const read = await call(`narrator/stream/${id}`);
      words.push(...read.stream.map(({ output }: { output: string }) => output));
      status = read.status;
    }
    expect(words).toEqual(['once', 'there', 'was', 'a', 'boat']);
    expect((await call(`narrator/status/${id}`)).output).toEqual(words);
  });

  it('works on four jobs at a time, and stops those that are cancelled', async () => {
    const input = { story: 'endless', secondsPerWord: NEVER };
    const ids = await Promise.all(Array.from({ length: 5 }, () => submit('narrator', input)));
    const inProgress = () => call('narrator/health').then(({ jobs }) => jobs.inProgress);
    await soon(async () => expect(await inProgress()).toBe(4));
    const running = emulator.jobs().filter(({ id, status }) => ids.includes(id) && status === 'IN_PROGRESS');
    expect((await call('narrator/health')).workers).toMatchObject({ running: 1, idle: 0 });

    const [first] = running;
    await cancel('narrator', first?.id ?? '');
    await soon(() => expect(narrator.log()).toMatch(new RegExp(`"${first?.id}", "message": "Job stopped\\."`)));
    // Its place is free for the fifth.
    await soon(async () => expect(await inProgress()).toBe(4));

    await Promise.all(ids.map((id) => cancel('narrator', id)));
    const id = await submit('narrator', { story: 'the end', secondsPerWord: 0 });
    await reaches('narrator', id, { status: 'COMPLETED', output: ['the', 'end'] });
  });

  it.concurrent('is lost when it is killed, and its job is given to another', async () => {
    const doomed = start('narrator.py', 'doomed', 'doomed-1');
    const id = await submit('doomed', { story: 'endless', secondsPerWord: NEVER });
    await reaches('doomed', id, { status: 'IN_PROGRESS', workerId: 'doomed-1' });
    // The heartbeat goes on, and still names the job.
    process.kill(doomed.pid, 'SIGKILL');
    start('narrator.py', 'doomed', 'heir');
    await reaches('doomed', id, { status: 'IN_PROGRESS', workerId: 'heir', retries: 1 });
    await cancel('doomed', id);
    expect(emulator.jobs().find((job) => job.id === id)?.billedMs).toBeGreaterThan(0);
  });

  it.concurrent('ends when it is told to', async () => {
    const worker = start('narrator.py', 'leaving', 'leaving-1');
    await soon(async () => expect((await call('leaving/health')).workers.idle).toBe(1));
    const exited = once(worker.process, 'exit');
    process.kill(worker.pid, 'SIGTERM');
    expect(await exited).toEqual([0, null]);
  });
});
