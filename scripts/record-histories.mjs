// Records the histories that test/integration/workflows/replay.test.ts replays: starts a stack of its own, runs what is
// listed beside, and keeps what Temporal wrote down. A history that is there already stays as it is: runs like it may
// still be open somewhere (docs/architecture.md, "Changing workflows").
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createClient } from 'jobrelay';
import { startStack } from 'jobrelay/testing';
import { jobRelayPlugin, loadConfig, startWorker } from 'jobrelay/worker';
import { configuration, endpoints, faults, runs } from './recorded-runs/index.mjs';

/** Activities that wait for a job. */
const WAITING = new Set(['awaitJob', 'streamJob']);

const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
const folder = join(root, 'test/fixtures/histories', version);
const wanted = runs.filter((run) => !existsSync(fileOf(run)));
console.error(`${runs.length - wanted.length} histories of ${version} are there; ${wanted.length} to record`);

await mkdir(join(folder, 'own'), { recursive: true });
const stateDir = await mkdtemp(join(tmpdir(), 'jobrelay-record-'));
await writeFile(join(stateDir, 'jobrelay.yaml'), configuration);
// Nothing of this machine's own configuration: only what finds the Temporal CLI.
const { PATH, HOME, TEMPORAL_CLI_PATH } = process.env;
const env = { PATH, HOME, TEMPORAL_CLI_PATH };
const stack = await startStack({
  stateDir,
  cwd: stateDir,
  env,
  temporalPort: 0,
  uiPort: 0,
  emulatorPort: 0,
  endpoints,
  log: console.error,
});
const connection = await Connection.connect({ address: stack.temporal });
const { workflow: workflows } = new Client({ connection });
const relay = await createClient({ connection });
const own = await startOwnWorker();
const hooked = await startHookedWorker();
try {
  await postJson(`${stack.emulator}/_emulator/faults`, { faults });
  for (const run of wanted) {
    const events = await record(run);
    console.error(`recorded ${run.name}: ${events} events`);
  }
} finally {
  await own.stop();
  await hooked.stop();
  await connection.close();
  await stack.stop();
  await rm(stateDir, { recursive: true, force: true });
}

/** The histories of other people's workflows are apart: they are replayed on other workflow code. */
function fileOf({ name, args }) {
  return join(folder, args === undefined ? '' : 'own', `${name}.json`);
}

/** A worker as people make it, with the workflows of the tests that use our functions. */
async function startOwnWorker() {
  const taskQueue = 'own';
  const native = await NativeConnection.connect({ address: stack.temporal });
  const config = await loadConfig({ env, cwd: stateDir, stateDir, emulatorUrl: stack.emulator });
  const worker = await Worker.create({
    connection: native,
    taskQueue,
    workflowsPath: join(root, 'test/fixtures/own-workflows.ts'),
    plugins: [jobRelayPlugin({ config, env })],
  });
  const running = worker.run();
  return {
    async start(type, args, workflowId) {
      await workflows.start(type, { args, taskQueue, workflowId });
      return await relay.run(workflowId);
    },
    async stop() {
      worker.shutdown();
      await running;
      await native.close();
    },
  };
}

/** A worker whose jobs have webhooks, which nobody receives: the recorder tells the runs of them, as a receiver would. */
async function startHookedWorker() {
  const taskQueue = 'hooked';
  const config = await loadConfig({ env, cwd: stateDir, stateDir, emulatorUrl: stack.emulator });
  const webhooks = { listen: 'off', publicUrl: `${stack.emulator}/nobody`, secretEnv: 'HOOKS', backstopMs: 60_000 };
  const worker = await startWorker({
    config: { ...config, webhooks: { ...webhooks, adoptMs: 1_000 } },
    env: { HOOKS: 'nothing that is kept' },
    temporal: { address: stack.temporal, environment: 'ignored' },
    taskQueue,
    log: console.error,
  });
  const client = await createClient({ connection, taskQueue });
  return {
    start: (type, input, options) => client.start(type, input, options),
    stop: () => worker.shutdown(),
  };
}

/** Tells a run of the first job of an endpoint, once the run is so far. */
async function told(run, { endpoint, when }) {
  if (when === 'awaited') await waited(run, 1);
  else await timed(run.workflowId);
  const jobs = await (await fetch(`${stack.emulator}/_emulator/jobs`)).json();
  const jobId = jobs.find((job) => job.endpoint === endpoint).id;
  await workflows.getHandle(run.workflowId).signal('jobrelay.jobEnded', { submit: 'job/submit-1', jobId });
}

/** Until a run waits for a timer. */
async function timed(workflowId) {
  for (;;) {
    const { events } = await workflows.getHandle(workflowId).fetchHistory();
    if (events.some((event) => event.timerStartedEventAttributes)) return;
    await delay(50);
  }
}

/** Decides an approval once it is asked for. */
async function decided(run, { step, index, ...decision }) {
  for (;;) {
    const { approvals = [] } = await run.progress();
    if (approvals.some((asked) => asked.step === step && asked.index === index)) break;
    await delay(50);
  }
  await run.approve({ step, ...(index !== undefined && { index }), ...decision });
}

async function record({
  name,
  type,
  input,
  args,
  cancelWhileRunning,
  cancelWhileChildrenWait,
  cancelAfterSlices,
  leaves,
  readsTakeMs,
  decide = [],
  webhook,
  quick,
  ends,
}) {
  if (leaves !== undefined) return await recordReap(name, input, leaves, readsTakeMs);
  if (quick !== undefined) await becomesQuick(quick);
  const ours = webhook === undefined ? relay : hooked;
  const run =
    args === undefined ? await ours.start(type, input, { workflowId: name }) : await own.start(type, args, name);
  if (webhook !== undefined) await told(run, webhook);
  if (cancelWhileRunning !== undefined) {
    await waited(run, cancelWhileRunning);
    if (cancelWhileChildrenWait !== undefined) await childrenWait(name, cancelWhileChildrenWait);
    await run.cancel();
  }
  if (cancelAfterSlices !== undefined) {
    await sliced(name, cancelAfterSlices);
    await run.cancel();
  }
  for (const decision of decide) await decided(run, decision);
  await run.result().catch(() => undefined);
  const { status } = await run.status();
  if (status !== ends) throw new Error(`${name}: the run should be ${ends} and is ${status}`);

  const { events } = await keep({ name, args }, name);
  if (quick !== undefined && isAwaited(events)) throw new Error(`${name}: a job was awaited after all`);
  const children = events.flatMap(({ childWorkflowExecutionStartedEventAttributes: started }) =>
    started ? [started.workflowExecution.workflowId] : [],
  );
  // Of the slices, or the nested runs, one is enough, and the shortest: it may have a hundred jobs.
  const lengths = await Promise.all(children.map((id) => workflows.getHandle(id).describe()));
  const [shortest] = lengths.sort((a, b) => a.historyLength - b.historyLength);
  if (shortest) await keep({ name: `${name}.one-${shortest.type}` }, shortest.workflowId);
  return events.length;
}

/** Writes down a history as it can be published. */
async function keep(file, workflowId, runId) {
  const history = await workflows.getHandle(workflowId, runId).fetchHistory();
  const recorded = anonymous(JSON.parse(historyToJSON(history)));
  checkPayloads(file.name, recorded);
  await writeFile(fileOf(file), `${JSON.stringify(recorded, null, 1)}\n`);
  return recorded;
}

/** Of a start of `reap` after so many runs were terminated: its first pass and its last. */
async function recordReap(name, input, leaves, readsTakeMs) {
  const runs = [];
  for (let left = 1; left <= leaves; left++) {
    const job = { endpoint: 'local/sleep', input: { ms: 60_000 } };
    const run = await relay.start('job', job, { workflowId: `${name}-left-${left}` });
    await waited(run, 1);
    await workflows.getHandle(run.workflowId).terminate('left');
    runs.push(run.runId);
  }
  const query = `RunId IN (${runs.map((runId) => `"${runId}"`).join(', ')}) AND ExecutionStatus = "Terminated"`;
  while ((await workflows.count(query)).count < leaves) await delay(50);
  if (readsTakeMs !== undefined) {
    const slow = { kind: 'delay', endpoint: 'sleep', operation: 'status', delayMs: readsTakeMs, times: 3 };
    await postJson(`${stack.emulator}/_emulator/faults`, { faults: [slow] });
  }
  const started = await workflows.start('reap', { args: [input], taskQueue: 'jobrelay', workflowId: name });
  await started.result();
  const { events } = await keep({ name }, name);
  const { runId } = await workflows.getHandle(name).describe();
  if (runId !== started.firstExecutionRunId) {
    await keep({ name: `${name}.first-pass` }, name, started.firstExecutionRunId);
  }
  return events.length;
}

/** Runs jobs on an endpoint until they end with their submit. */
async function becomesQuick(endpoint) {
  for (let jobs = 0; jobs < 500; jobs++) {
    const run = await relay.start('job', { endpoint, input: { prompt: 'a red boat' } });
    await run.result();
    const { events } = await workflows.getHandle(run.workflowId).fetchHistory();
    if (!isAwaited(events)) return;
  }
  throw new Error(`${endpoint} is not known as quick after 500 jobs`);
}

function isAwaited(events) {
  return events.some(({ activityTaskScheduledEventAttributes: activity }) => WAITING.has(activity?.activityType.name));
}

/** Until a worker waits for so many jobs: a cancel then finds all of them running. */
async function waited(run, jobs) {
  for (;;) {
    const { pendingActivities } = await run.status();
    const waiting = pendingActivities.filter(({ type, state }) => WAITING.has(type) && state === 'running');
    if (waiting.length >= jobs) return;
    await delay(50);
  }
}

/** Until a worker waits for a job of so many children. */
async function childrenWait(workflowId, count) {
  for (;;) {
    const { raw } = await workflows.getHandle(workflowId).describe();
    const ids = (raw.pendingChildren ?? []).map((child) => child.workflowId);
    const runs = await Promise.all(ids.map((id) => relay.run(id).then((run) => run.status())));
    const waiting = runs.filter(({ pendingActivities }) => pendingActivities.some(({ type }) => WAITING.has(type)));
    if (waiting.length >= count) return;
    await delay(50);
  }
}

/** Until so many slices of a pipeline have started. */
async function sliced(workflowId, slices) {
  for (;;) {
    const { raw } = await workflows.getHandle(workflowId).describe();
    if ((raw.pendingChildren ?? []).filter(({ runId }) => runId).length >= slices) return;
    await delay(50);
  }
}

async function postJson(url, body) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`POST ${url} answered ${response.status}: ${await response.text()}`);
}

/** Without what tells of the machine: who worked on it, on which queue of its own, and where its files are. A replay reads none of it. */
function anonymous(value, key) {
  if (key === 'identity') return 'recorder';
  if (key === 'stackTrace') return '';
  if (typeof value === 'string') return value.replace(/^\d+@.+/, 'sticky');
  if (Array.isArray(value)) return value.map((item) => anonymous(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, anonymous(item, name)]));
}

/** Payloads are kept to the letter, so what may not be in them must not get there in the first place. */
function checkPayloads(name, value) {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    if (key !== 'data' || typeof item !== 'string') {
      checkPayloads(name, item);
      continue;
    }
    const payload = Buffer.from(item, 'base64').toString();
    const found = [root, stateDir, `@${hostname()}`].find((place) => payload.includes(place));
    if (found) throw new Error(`${name}: a payload tells of this machine (${found}): ${payload}`);
  }
}
