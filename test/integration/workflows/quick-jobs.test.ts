import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RunCancelled } from '../../../client/index.js';
import type { JsonValue } from '../../../job-api/index.js';
import { failureOfRun, type Harness, startHarness, until } from '../harness.js';

let harness: Harness;
/** Where outputs of the endpoint `drawn` lead to; it answers when it may. */
let files: Server;
let release = () => {};
const released = new Promise<void>((resolve) => {
  release = resolve;
});
let asked = false;
beforeAll(async () => {
  files = createServer(async (_, response) => {
    asked = true;
    await released;
    response.setHeader('content-type', 'image/png').end('a boat');
  });
  await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve));
  const handler = (input: JsonValue) => input;
  harness = await startHarness({
    endpoints: { moment: { handler }, drawn: { handler } },
    configure: (config) => ({
      ...config,
      endpoints: {
        drawn: {
          ...{ alias: 'drawn', use: [{ endpoint: 'drawn', provider: 'local', endpointId: 'drawn' }] },
          capture: ['output.url'],
        },
      },
      capture: { hosts: [], insecureHosts: [hostOf(files)], maxBytes: 1_000_000 },
    }),
  });
});
afterAll(async () => {
  await harness.stop();
  files.closeAllConnections();
  files.close();
});

const hostOf = (server: Server) => `127.0.0.1:${(server.address() as AddressInfo).port}`;

async function activitiesOf(workflowId: string): Promise<string[]> {
  const { events } = await harness.temporal.workflow.getHandle(workflowId).fetchHistory();
  return (events ?? []).flatMap((event) => event.activityTaskScheduledEventAttributes?.activityType?.name ?? []);
}

async function runJob(endpoint: string, n = 0) {
  const run = await harness.relay.start('job', { endpoint, input: { n } });
  const result = await run.result();
  return { result, activities: await activitiesOf(run.workflowId) };
}

/** Runs jobs until one ends with its submit. A look may be too slow for that on a busy machine, so it may take a few more. */
const untilQuick = (endpoint: string) =>
  until('a job ends with its submit', async () => {
    const job = await runJob(endpoint);
    return job.activities.includes('awaitJob') ? undefined : job;
  });

describe('an endpoint that ends jobs in a moment', () => {
  test('costs one activity a job once that is known, and the results say the same', async () => {
    const before = await runJob('local/moment');
    expect(before.activities).toEqual(['submitJob', 'awaitJob']);
    const { activities, result } = await untilQuick('local/moment');
    expect(activities).toEqual(['submitJob']);
    expect(result).toMatchObject({ status: 'COMPLETED', endpoint: 'local/moment', output: { n: 0 } });
    expect(result.attempts).toMatchObject([{ jobId: result.jobId, outcome: 'COMPLETED' }]);
    expect(result.usage.jobs).toBe(1);
    expect(Object.keys(result)).toEqual(Object.keys(before.result));
  });

  test('is asked for each item of a step once, and in order', async () => {
    await untilQuick('local/moment');
    const before = harness.emulator.jobs().length;
    const items = Array.from({ length: 40 }, (_, n) => n);
    const { output, usage } = await harness.relay
      .start('pipeline', {
        definition: {
          version: 1,
          steps: { each: { forEach: items, concurrency: 8, endpoint: 'local/moment', input: { n: '{% $item %}' } } },
          output: '{% $steps.each.output.n %}',
        },
      })
      .then((run) => run.result());
    expect(output).toEqual(items);
    expect(usage.jobs).toBe(items.length);
    expect(harness.emulator.jobs()).toHaveLength(before + items.length);
  });

  test('has its outputs checked all the same', async () => {
    await untilQuick('local/moment');
    const outputSchema = { type: 'object', required: ['text'] };
    const failure = await failureOfRun(harness.relay, 'job', {
      ...{ endpoint: 'local/moment', input: { n: 1 }, outputSchema },
    });
    expect(failure.type).toBe('OutputRejected');
  });
});

test('a result that comes with the submit after a cancel is waste, as one that comes later', async () => {
  await untilQuick('drawn');
  const input = { url: `http://${hostOf(files)}/boat.png` };
  const run = await harness.relay.start('job', { endpoint: 'drawn', input });
  await until('the file is asked for', () => asked);
  await run.cancel();
  const handle = harness.temporal.workflow.getHandle(run.workflowId);
  await until('the activity is asked to end', async () => {
    const { events } = await handle.fetchHistory();
    return events?.some((event) => event.activityTaskCancelRequestedEventAttributes);
  });
  release();
  const cancelled = await run.result().catch((error: unknown) => error);
  expect(cancelled).toBeInstanceOf(RunCancelled);
  expect((cancelled as RunCancelled).settlement).toMatchObject({ jobs: [{ settled: 'finished-first' }] });
});
