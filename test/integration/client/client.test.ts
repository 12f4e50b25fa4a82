import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { collectRefs } from '../../../artifacts/index.js';
import {
  type ArtifactRef,
  createClient,
  InputTooLarge,
  InvalidInput,
  type JobRelayClient,
  type JobResult,
  KeyConflict,
  NamespaceMissing,
  NoArtifactStore,
  NoWorker,
  type Progress,
  RunCancelled,
  RunFailed,
  RunNotFound,
  RunTerminated,
  TemporalUnreachable,
} from '../../../client/index.js';
import { createGates, heldEndpoint } from '../../chaos/gates.js';
import { freePort } from '../../fixtures/free-port.js';
import { type Harness, startHarness, until } from '../harness.js';

let harness: Harness;
let relay: JobRelayClient;
/** Jobs of `held` wait before the gate of their mark. */
const gates = createGates();
beforeAll(async () => {
  harness = await startHarness({ endpoints: { held: heldEndpoint(gates) } });
  relay = harness.relay;
});
afterAll(() => harness.stop());

const echo = (input: JobResult['output'] & object) => ({ endpoint: 'local/echo', input }) as never;
const sleep = (ms: number) => ({ endpoint: 'local/sleep', input: { ms, tag: randomUUID() } });
const held = (mark = randomUUID()) => ({ endpoint: 'local/held', input: { mark, tag: mark } });
const handleOf = ({ workflowId, runId }: { workflowId: string; runId: string }) =>
  harness.temporal.workflow.getHandle(workflowId, runId);
const untilRunning = ({ input: { tag } }: { readonly input: { readonly tag: string } }) =>
  until('the job runs', () =>
    harness.emulator.jobs().some(({ status, input }) => status === 'IN_PROGRESS' && Object(input).tag === tag),
  );

describe('a start with a key', () => {
  it('has a workflow id of its type and key, and returns the first run again while that is open', async () => {
    const key = randomUUID();
    const input = sleep(60_000);
    const first = await relay.start('job', input, { key });
    const second = await relay.start('job', input, { key });
    expect(first.workflowId).toBe(`job:${key}`);
    expect(second.runId).toBe(first.runId);
    await first.cancel();
  });

  it('returns the first run and its result again when that has ended', async () => {
    const key = randomUUID();
    const first = await relay.start('job', echo({ n: 1, m: 2 }), { key });
    const result = await first.result();
    const second = await relay.start('job', echo({ m: 2, n: 1 }), { key });
    expect(second.runId).toBe(first.runId);
    expect(await second.result()).toEqual(result);
  });

  it('is refused where the key was used with another input', async () => {
    const key = randomUUID();
    await relay.start('job', echo({ n: 1 }), { key });
    await expect(relay.start('job', echo({ n: 2 }), { key })).rejects.toThrow(KeyConflict);
  });

  it('finds a run that another SDK started by name, and compares its input', async () => {
    const key = randomUUID();
    const { taskQueue } = harness;
    const input = echo({ n: 1 });
    const handle = await harness.temporal.workflow.start('job', { workflowId: `job:${key}`, taskQueue, args: [input] });
    expect((await relay.start('job', input, { key })).runId).toBe(handle.firstExecutionRunId);
    await expect(relay.start('job', echo({ n: 2 }), { key })).rejects.toThrow(KeyConflict);
  });

  it('takes a whole workflow id instead', async () => {
    const workflowId = `order-${randomUUID()}`;
    const first = await relay.start('job', echo({ n: 1 }), { workflowId });
    expect(first.workflowId).toBe(workflowId);
    expect((await relay.start('job', echo({ n: 1 }), { workflowId })).runId).toBe(first.runId);
  });

  it('is refused where the key is empty, as an unset variable would make it', async () => {
    await expect(relay.start('job', echo({ n: 1 }), { key: '' })).rejects.toThrow(InvalidInput);
  });
});

describe('a run', () => {
  it('gives its result', async () => {
    const run = await relay.start('job', echo({ prompt: 'a red boat' }));
    expect(await run.result()).toMatchObject({ status: 'COMPLETED', output: { prompt: 'a red boat' } });
  });

  it('says what it failed with', async () => {
    const run = await relay.start('job', { endpoint: 'local/fail', input: { message: 'no paint left' } });
    const failure = await run.result().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RunFailed);
    expect(failure).toMatchObject({
      type: 'JobFailed',
      workflowId: run.workflowId,
      details: { attempts: [{ outcome: 'JobFailed' }] },
    });
    expect(String(failure)).toContain('no paint left');
  });

  it('says what is wrong with its input', async () => {
    const run = await relay.start('job', { endpoint: 'nowhere', input: { n: 1 } });
    await expect(run.result()).rejects.toMatchObject({
      type: 'EndpointNotFound',
      message: expect.stringContaining('nowhere'),
    });
  });

  it('that is cancelled says what became of its jobs', async () => {
    const input = sleep(60_000);
    const run = await relay.start('job', input);
    await untilRunning(input);
    expect(await run.cancel()).toBe('requested');
    const error = await run.result().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RunCancelled);
    expect(error).toMatchObject({ settlement: { jobs: [{ settled: 'stopped' }] } });
    expect(await run.status()).toMatchObject({ status: 'cancelled', settlement: { jobs: [{ settled: 'stopped' }] } });
    expect(await run.cancel()).toBe('already-closed');
  });

  it('that is terminated says so, with the reason', async () => {
    const run = await relay.start('job', sleep(60_000));
    await handleOf(run).terminate('budget is gone');
    await expect(run.result()).rejects.toThrow(RunTerminated);
    await expect(run.result()).rejects.toMatchObject({ reason: 'budget is gone' });
  });

  it('that is reset while somebody waits gives the result of the new execution', async () => {
    const input = held();
    const run = await relay.start('job', input);
    const first = run.runId;
    const result = run.result();
    await untilRunning(input);
    await harness.temporal.workflowService.resetWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: run.workflowId, runId: run.runId },
      workflowTaskFinishEventId: { low: 4, high: 0, unsigned: false } as never,
      requestId: randomUUID(),
      reason: 'test',
    });
    gates.open(input.input.mark);
    expect(await result).toMatchObject({ status: 'COMPLETED' });
    expect(run.runId).not.toBe(first);
  });

  it('shows its progress until it is closed, without repeats', async () => {
    const input = held();
    const run = await relay.start('job', input);
    const seen: Progress[] = [];
    for await (const progress of run.watch({ intervalMs: 20 })) {
      seen.push(progress);
      gates.open(input.input.mark);
    }
    const texts = seen.map((progress) => JSON.stringify(progress));
    expect(new Set(texts).size).toBe(texts.length);
    expect(seen.at(-1)).toMatchObject({
      status: 'completed',
      steps: { job: { status: 'completed', done: 1, total: 1 } },
    });
    expect(seen[0]?.status).toBe('running');
    expect(await run.progress()).toEqual(seen.at(-1));
  });

  it('goes on when a watch of it is given up', async () => {
    const input = held();
    const run = await relay.start('job', input);
    for await (const _progress of run.watch({ intervalMs: 20 })) break;
    const impatience = new Error('no patience');
    const watching = new AbortController();
    const given = drain(run.watch({ signal: watching.signal }));
    watching.abort(impatience);
    await expect(given).rejects.toBe(impatience);
    gates.open(input.input.mark);
    expect(await run.result()).toMatchObject({ status: 'COMPLETED' });
  });

  it('tells what it waits for, without a worker being asked', async () => {
    const run = await relay.start('job', sleep(60_000), { summary: 'a long one' });
    const waiting = await until('it awaits the job', async () => {
      const { status, pendingActivities, type } = await run.status();
      return pendingActivities.some((activity) => activity.type === 'awaitJob') && { status, type };
    });
    expect(waiting).toEqual({ status: 'running', type: 'job' });
    expect(await (await handleOf(run).describe()).staticSummary()).toBe('a long one');
    await run.cancel();
  });

  it('is found again by its workflow id', async () => {
    const started = await relay.start('job', echo({ n: 1 }));
    const found = await relay.run<JobResult>(started.workflowId);
    expect(found.runId).toBe(started.runId);
    expect((await found.result()).output).toEqual({ n: 1 });
  });

  it('that there is not is an error', async () => {
    await expect(relay.run('job:nobody-started-this')).rejects.toThrow(RunNotFound);
  });
});

describe('a large input', () => {
  it('travels as an artifact where the client has the store of the worker', async () => {
    const input = { document: 'lorem '.repeat(500_000) };
    const run = await relay.start('job', { endpoint: 'local/echo', input });
    const { output } = await run.result();
    const [stored] = collectRefs(output);
    expect(stored?.ref.bytes).toBe(3_000_000);
    expect(Buffer.from(await relay.artifact(stored?.ref as ArtifactRef)).toString()).toBe(input.document);
    expect((await handleOf(run).describe()).historySize).toBeLessThan(64 * 1024);
  });

  it('is checked against its schema as if it had travelled inline', async () => {
    const definition = {
      version: 1,
      input: { type: 'object', properties: { text: { type: 'string', maxLength: 300_000 } } },
      steps: { length: { set: '{% $length($input.text) %}' } },
    };
    const start = async (length: number) => {
      const run = await relay.start('pipeline', { definition, input: { text: 'x'.repeat(length) } });
      return run.result();
    };
    expect(await start(300_000)).toMatchObject({ output: { length: 300_000 } });
    await expect(start(300_001)).rejects.toMatchObject({ type: 'InputRejected' });
  });

  it('is refused where there is no store, by the name of its largest field', async () => {
    const client = await createClient({ connection: harness.temporal.connection as never });
    const input = { prompt: 'small', image: 'x'.repeat(2_000_000) };
    const refused = client.start('job', { endpoint: 'local/echo', input });
    await expect(refused).rejects.toThrow(InputTooLarge);
    await expect(refused).rejects.toMatchObject({ largest: 'input.input.image' });
    await expect(client.artifact({ sha256: 'x' } as ArtifactRef)).rejects.toThrow(NoArtifactStore);
  });
});

describe('a client', () => {
  it('says that no worker answers, where none polls the task queue', async () => {
    const { address } = inject('temporal');
    const client = await createClient({ address, taskQueue: `nobody-${randomUUID()}` });
    const run = await client.start('job', echo({ n: 1 }));
    await expect(run.progress({ timeoutMs: 300 })).rejects.toThrow(NoWorker);
    await run.cancel();
    await client.close();
  });

  it('says that nothing answers at the address', async () => {
    await expect(createClient({ address: `127.0.0.1:${await freePort()}` })).rejects.toThrow(TemporalUnreachable);
  });

  it('says that there is no such namespace', async () => {
    const client = await createClient({ address: inject('temporal').address, namespace: 'nowhere' });
    await expect(client.start('job', echo({ n: 1 }))).rejects.toThrow(NamespaceMissing);
    await client.close();
  });
});

async function drain(iterable: AsyncIterable<unknown>): Promise<void> {
  for await (const _item of iterable);
}
