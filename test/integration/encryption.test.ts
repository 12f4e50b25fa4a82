import { randomUUID } from 'node:crypto';
import { defaultPayloadConverter } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { createClient, type JobRelayClient, RunFailed } from '../../client/index.js';
import { startCodecServer } from '../../encryption/codec-server.js';
import { EncryptionCodec, parseEncryptionKeys } from '../../encryption/index.js';
import { startWorker } from '../../worker/index.js';
import { jobrelay } from '../unit/cli/run-in-process.js';
import { type Harness, historyText, startHarness, until } from './harness.js';

const MARK = 'only-with-the-key';
const key = (fill: number) => Buffer.alloc(32, fill).toString('base64');
const KEYS = `one:${key(1)}`;

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({
    env: { JOBRELAY_ENCRYPTION_KEYS: KEYS },
    endpoints: {
      picky: {
        handler: (input, { progress }) => {
          const { text } = Object(input);
          progress({ text });
          throw new Error(`not ${text}`);
        },
      },
    },
  });
});
afterAll(() => harness.stop());

/** A client with other keys than the worker has. */
async function clientWith(encryptionKeys: string, taskQueue = harness.taskQueue): Promise<JobRelayClient> {
  const client = await createClient({ ...inject('temporal'), taskQueue, encryptionKeys });
  onTestFinished(() => client.close());
  return client;
}

async function startWorkerWith(keys: string, taskQueue: string): Promise<void> {
  const worker = await startWorker({
    config: harness.config,
    env: { JOBRELAY_ENCRYPTION_KEYS: keys },
    temporal: inject('temporal'),
    taskQueue,
    workflowBundle: inject('workflowBundle'),
    log: () => undefined,
  });
  onTestFinished(() => worker.shutdown());
}

const PIPELINE = {
  definition: {
    version: 1,
    name: 'sealed',
    steps: {
      each: { forEach: '{% [1..3] %}', endpoint: 'local/echo', input: { text: '{% $input.text & $item %}' } },
      joined: { set: '{% $join($steps.each.output.text) %}' },
    },
    output: '{% $steps.joined.output %}',
  },
  input: { text: MARK },
} as const;

describe('with keys for payloads', () => {
  it('a pipeline runs, and neither its history nor its description nor its queries show what it works on', async () => {
    const { relay, temporal } = harness;
    const run = await relay.start('pipeline', PIPELINE as never, { key: randomUUID(), summary: MARK });
    expect((await run.result()).output).toBe(`${MARK}1${MARK}2${MARK}3`);
    expect((await run.progress()).status).toBe('completed');

    expect(await historyText(temporal, run.workflowId)).not.toContain(MARK);
    const { workflowService } = temporal;
    const execution = { workflowId: run.workflowId };
    const described = await workflowService.describeWorkflowExecution({ namespace: 'default', execution });
    const asked = await workflowService.queryWorkflow({
      ...{ namespace: 'default', execution },
      query: { queryType: '__temporal_workflow_metadata' },
    });
    for (const answer of [described, asked]) expect(textOf(answer)).not.toContain(MARK);
    expect(textOf(described)).toContain('binary/encrypted');
  });

  it('a failure is told to who has the key: its message, its details and its stack', async () => {
    const { relay, temporal } = harness;
    const run = await relay.start('job', { endpoint: 'local/picky', input: { text: MARK } });
    const failure = await run.result().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RunFailed);
    expect(failure).toMatchObject({ type: 'JobFailed', message: expect.stringContaining(`not ${MARK}`) });
    const raw = await historyText(temporal, run.workflowId);
    expect(raw).not.toContain(MARK);
    expect(raw).toContain('JobFailed');
    expect(raw).not.toContain('workflows/job');
  });

  it('a run is listed for who has no key, without what its memo tells', async () => {
    const tenant = randomUUID();
    const run = await harness.relay.start('job', { endpoint: 'local/echo', input: { text: MARK }, tenant });
    await run.result();
    const listed = async (client: JobRelayClient) =>
      await until('it is listed as completed', async () => {
        for await (const found of client.list({ tenant, status: 'completed' })) return found;
        return undefined;
      });
    expect(await listed(harness.relay)).toMatchObject({ workflowId: run.workflowId, usage: { jobs: 1 } });
    const unread = await listed(await clientWith(''));
    expect(unread.workflowId).toBe(run.workflowId);
    expect(unread).not.toHaveProperty('usage');
  });

  it('the same start with the same key is the same run', async () => {
    const input = { endpoint: 'local/echo', input: { text: MARK } };
    const key = randomUUID();
    const run = await harness.relay.start('job', input, { key });
    expect((await harness.relay.start('job', input, { key })).runId).toBe(run.runId);
    await run.result();
  });

  it('what waits shows its last heartbeat to who has the key', async () => {
    const run = await harness.relay.start('job', { endpoint: 'local/sleep', input: { ms: 60_000 } });
    const status = await until('the job is awaited', async () => {
      const { pendingActivities } = await run.status();
      return pendingActivities.find(({ type, heartbeat }) => type === 'awaitJob' && heartbeat);
    });
    expect(status.heartbeat).toMatchObject({});
    await run.cancel();
    await expect(run.result()).rejects.toThrow('was cancelled');
  });

  it('a schedule keeps what it starts encrypted', async () => {
    const { relay, temporal } = harness;
    const scheduleId = randomUUID();
    await relay.schedules.create(scheduleId, {
      every: '1d',
      job: { endpoint: 'local/echo', input: { text: MARK } },
    });
    onTestFinished(() => relay.schedules.delete(scheduleId));
    const answer = await temporal.workflowService.describeSchedule({ namespace: 'default', scheduleId });
    expect(textOf(answer)).not.toContain(MARK);
    expect(JSON.stringify(await relay.schedules.describe(scheduleId))).toContain(MARK);
  });
});

describe('where keys are missing', () => {
  it.each([
    ['without any', '', 'it needs the key "one", and JOBRELAY_ENCRYPTION_KEYS is not set'],
    ['with others', `two:${key(2)}`, 'it needs the key "one", and JOBRELAY_ENCRYPTION_KEYS has only "two"'],
    ['with another one by that id', `one:${key(2)}`, 'the key "one" of JOBRELAY_ENCRYPTION_KEYS is not the one'],
  ])('a client %s is told which', async (_, keys, message) => {
    const run = await harness.relay.start('job', { endpoint: 'local/echo', input: { text: MARK } });
    await run.result();
    const other = await clientWith(keys);
    await expect(other.run(run.workflowId).then((found) => found.result())).rejects.toThrow(message);
  });

  it('the command line says so, with the exit code of wrong settings', async () => {
    const run = await harness.relay.start('job', { endpoint: 'local/echo', input: { text: MARK } });
    await run.result();
    const { address } = inject('temporal');
    const at = ['--address', address, '--task-queue', harness.taskQueue];
    const surroundings = { cwd: harness.stateDir };
    expect(await jobrelay(['result', run.workflowId, ...at], surroundings)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/^error: cannot read an encrypted payload: it needs the key "one"/),
    });
    expect(
      await jobrelay(['result', run.workflowId, ...at], { ...surroundings, env: { JOBRELAY_ENCRYPTION_KEYS: KEYS } }),
    ).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(MARK) });
    expect(
      await jobrelay(['status', run.workflowId, ...at], { ...surroundings, env: { JOBRELAY_ENCRYPTION_KEYS: 'x' } }),
    ).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/^error: JOBRELAY_ENCRYPTION_KEYS must be id:key/) });
  });

  it('a worker says so in the history of the run, whose task is tried again', async () => {
    const taskQueue = `test-${randomUUID()}`;
    await startWorkerWith('', taskQueue);
    const relay = await clientWith(KEYS, taskQueue);
    const run = await relay.start('job', { endpoint: 'local/echo', input: { text: MARK } });
    const handle = harness.temporal.workflow.getHandle(run.workflowId);
    await until('its task fails for want of the key', async () =>
      (await historyText(harness.temporal, run.workflowId)).includes('it needs the key "one"'),
    );
    expect((await run.status()).status).toBe('running');
    await handle.terminate();
  });

  it('a key is replaced by having the old one read on', async () => {
    const taskQueue = `test-${randomUUID()}`;
    const rotated = `two:${key(2)},${KEYS}`;
    await startWorkerWith(rotated, taskQueue);
    const old = await clientWith(KEYS, taskQueue);
    const run = await old.start('job', { endpoint: 'local/echo', input: { text: MARK } });
    await expect(run.result()).rejects.toThrow('it needs the key "two"');
    const both = await clientWith(rotated, taskQueue);
    expect(await (await both.run(run.workflowId)).result()).toMatchObject({ output: { text: MARK } });
  });

  it('a run that a caller without keys starts is carried out, and answered encrypted', async () => {
    const { taskQueue, temporal } = harness;
    const handle = await temporal.workflow.start('job', {
      ...{ taskQueue, workflowId: randomUUID() },
      args: [{ endpoint: 'local/echo', input: { text: MARK } }],
    });
    await until('it is completed', async () => (await handle.describe()).status.name === 'COMPLETED');
    expect(await (await harness.relay.run(handle.workflowId)).result()).toMatchObject({ output: { text: MARK } });
  });
});

describe('the codec server', () => {
  const UI = 'http://127.0.0.1:8233';
  let url: string;
  let close: () => Promise<void>;
  beforeAll(async () => {
    const codec = new EncryptionCodec(parseEncryptionKeys(KEYS));
    ({ url, close } = await startCodecServer({ codec, port: 0, origins: [UI] }));
  });
  afterAll(() => close());

  const post = (path: string, body: unknown, headers: Record<string, string> = { origin: UI }) =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-namespace': 'default', ...headers },
      body: JSON.stringify(body),
    });

  it('decrypts, for the UI, what is in a history', async () => {
    const run = await harness.relay.start('job', { endpoint: 'local/echo', input: { text: MARK } });
    await run.result();
    const { events } = await harness.temporal.workflow.getHandle(run.workflowId).fetchHistory();
    const payload = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
    const base64 = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString('base64');
    const asked = {
      metadata: Object.fromEntries(
        Object.entries(payload?.metadata ?? {}).map(([name, bytes]) => [name, base64(bytes)]),
      ),
      data: base64(payload?.data),
    };
    const answer = await post('/decode', { payloads: [asked] });
    expect(answer.headers.get('access-control-allow-origin')).toBe(UI);
    const { payloads } = (await answer.json()) as { payloads: { data: string }[] };
    expect(JSON.parse(Buffer.from(payloads[0]?.data ?? '', 'base64').toString())).toMatchObject({
      input: { text: MARK },
    });
  });

  it('encrypts what the UI sends', async () => {
    const { metadata, data } = defaultPayloadConverter.toPayload(MARK);
    const encoding = Buffer.from(metadata?.encoding ?? []).toString('base64');
    const plain = { metadata: { encoding }, data: Buffer.from(data ?? []).toString('base64') };
    const encoded = (await (await post('/encode', { payloads: [plain] })).json()) as { payloads: { data: string }[] };
    expect(encoded.payloads[0]?.data).not.toBe(plain.data);
    expect(await (await post('/decode', encoded)).json()).toEqual({ payloads: [plain] });
  });

  it('answers the preflight of the UI', async () => {
    const headers = { origin: UI, 'access-control-request-headers': 'content-type,x-namespace' };
    const answer = await fetch(`${url}/decode`, { method: 'OPTIONS', headers });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-headers')).toBe('content-type,x-namespace');
  });

  it('refuses pages from elsewhere', async () => {
    const answer = await post('/decode', { payloads: [] }, { origin: 'https://elsewhere.test' });
    expect(answer.status).toBe(403);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('says what it cannot read', async () => {
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const metadata = { encoding: base64('binary/encrypted'), 'encryption-key-id': base64('gone') };
    const answer = await post('/decode', { payloads: [{ metadata, data: base64('x'.repeat(40)) }] });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ message: expect.stringContaining('it needs the key "gone"') });
    expect((await post('/decode', [])).status).toBe(400);
  });
});

/** Every text in an answer of the server, bytes as text. */
function textOf(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.values(value).map(textOf).join('\n');
}
