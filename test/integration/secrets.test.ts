import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createClient, type JobRelayClient, type Run } from '../../client/index.js';
import { queryPatiently } from '../../client/query-patience.js';
import { loadConfig } from '../../config/index.js';
import { type DevServer, startDevServer } from '../../embedded/dev-server.js';
import { type Emulator, startEmulator } from '../../emulator/index.js';
import { startWorker } from '../../worker/index.js';
import { startWorkerProcess, type WorkerProcess } from '../chaos/worker-process.js';
import { jobrelay } from '../unit/cli/run-in-process.js';
import { historyText, until } from './harness.js';

/** In every secret, and in nothing else. */
const MARK = 'Zq7';
const SECRETS = {
  RUNPOD_KEY: `rpa_${MARK}_of_runpod`,
  SUBMODEL_KEY: `sub_${MARK}_of_submodel`,
  STUDIO_KEY: `stu_${MARK}_of_the_gateway`,
  HOOKS: `${MARK} signs the addresses of webhooks`,
  HF_TOKEN: `hf_${MARK}"of\\a handler`,
  STORAGE_ID: `AKIA${MARK}ID`,
  STORAGE_SECRET: `${MARK}/storage+secret`,
  LIMITS_REDIS: `redis://user:${MARK}password@127.0.0.1:9`,
  ARTIFACTS_ID: `AKIA${MARK}ARTIFACTS`,
  ARTIFACTS_SECRET: `${MARK}/artifacts+secret`,
};

const CONFIG = (url: string) => `version: 1
providers:
  local: { dialect: runpod, baseUrl: "${url}/v2", apiKey: "\${RUNPOD_KEY}" }
  sub: { dialect: submodel, baseUrl: "${url}/v1/sl", apiKey: "\${SUBMODEL_KEY}" }
  studio: { dialect: gateway, baseUrl: "${url}/v1/runpod", apiKey: "\${STUDIO_KEY}" }
webhooks: { listen: "127.0.0.1:0", publicUrl: "http://127.0.0.1:9", secret: "\${HOOKS}", backstop: 1s, adopt: 1s }
limits: { store: { redis: "\${LIMITS_REDIS}" } }
secrets: [HF_TOKEN, STORAGE_ID, STORAGE_SECRET]
`;

const token = { $secret: 'HF_TOKEN' };
const s3Config = {
  bucketName: 'b',
  accessId: { $secret: 'STORAGE_ID' },
  accessSecret: { $secret: 'STORAGE_SECRET' },
};

let emulator: Emulator;
let server: DevServer & { readonly uiUrl: string };
let worker: WorkerProcess;
let relay: JobRelayClient;
let temporal: Client;
let stateDir: string;
let at: { readonly address: string; readonly namespace: string };
/** Everything that anybody was shown. */
const shown: string[] = [];

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'jobrelay-secrets-'));
  [emulator, server] = await Promise.all([
    startEmulator({
      gateway: { surfaces: { chat: 'takes' } },
      endpoints: {
        // Says that it got the secret, and no more of it.
        takes: { handler: (input) => ({ got: Object(input).token === SECRETS.HF_TOKEN, long: 'x'.repeat(100_000) }) },
        fails: {
          handler: (input) => {
            throw new Error(`no access with ${Object(input).token}`);
          },
        },
        counts: {
          async *handler() {
            yield* [1, 2, 3];
          },
        },
      },
    }),
    startDevServer({ cliPath: inject('temporalCli'), uiPort: 0 }),
  ]);
  at = { address: server.address, namespace: 'default' };
  await writeFile(join(stateDir, 'jobrelay.yaml'), CONFIG(emulator.url));
  worker = await startWorkerProcess({
    ...{ ...at, stateDir, taskQueue: 'jobrelay', emulatorUrl: emulator.url, env: SECRETS },
  });
  relay = await createClient({ ...at, encryptionKeys: '', artifacts: { path: join(stateDir, 'artifacts') } });
  temporal = new Client({ connection: await Connection.connect({ address: at.address }) });
});
afterAll(async () => {
  worker.signal('SIGKILL');
  await worker.ended;
  await relay.close();
  await temporal.connection.close();
  await server.stop();
  await emulator.close();
  await rm(stateDir, { recursive: true, force: true });
});

/** Waits for the end, whichever, and takes down whatever can be asked of the run, by SDK and by UI. */
async function endOf(run: Run<unknown>): Promise<string> {
  const result = await run.result().then(
    (value) => JSON.stringify(value),
    (error: Error) => `${error.stack} ${JSON.stringify(error)} ${JSON.stringify(error.cause)}`,
  );
  const { workflowId } = run;
  const execution = { workflowId };
  const query = async (queryType: string) =>
    textOf(await temporal.workflowService.queryWorkflow({ namespace: 'default', execution, query: { queryType } }));
  // One after another: the SDK's core may drop one of two that come at once.
  const queries: string[] = [];
  for (const queryType of ['progress', '__stack_trace', '__temporal_workflow_metadata']) {
    queries.push(await queryPatiently(60_000, (by) => temporal.connection.withDeadline(by, () => query(queryType))));
  }
  const ui = `${server.uiUrl}/api/v1/namespaces/default/workflows`;
  const pages = ['', `/${encodeURIComponent(workflowId)}`, `/${encodeURIComponent(workflowId)}/history`];
  shown.push(
    result,
    JSON.stringify([await run.status(), await run.progress()]),
    await historyText(temporal, workflowId),
    textOf(await temporal.workflowService.describeWorkflowExecution({ namespace: 'default', execution })),
    ...queries,
    ...(await Promise.all(pages.map(async (page) => decoded(await (await fetch(`${ui}${page}`)).text())))),
  );
  return result;
}

describe('secrets reach the provider', () => {
  it.each(['local/takes', 'sub/takes', 'studio/chat/takes'])('at %s, in a job that succeeds', async (endpoint) => {
    const run = await relay.start('job', { endpoint, input: { token, prompt: 'p' }, s3Config });
    expect(await endOf(run)).toContain('"status":"COMPLETED"');
    const job = emulator.jobs().at(-1);
    expect(job?.input).toMatchObject({ token: SECRETS.HF_TOKEN });
  });

  it('and come back in the error of a handler, which is told without them', async () => {
    const result = await endOf(await relay.start('job', { endpoint: 'local/fails', input: { token }, s3Config }));
    expect(result).toContain('no access with [secret]');
  });

  it.each([
    [400, 'InvalidRequest'],
    [401, 'Unauthorized'],
    [500, 'SubmitAmbiguous'],
  ])('and come back with HTTP %i, which is told without them', async (httpStatus, type) => {
    const { RUNPOD_KEY, HF_TOKEN, STORAGE_ID, STORAGE_SECRET } = SECRETS;
    const said = [RUNPOD_KEY, HF_TOKEN, STORAGE_ID, STORAGE_SECRET];
    emulator.setFaults([{ kind: 'status', operation: 'run', httpStatus, body: { error: said }, times: 10 }]);
    const input = { endpoint: 'local/takes', input: { token }, s3Config, onAmbiguousSubmit: 'fail' } as const;
    const result = await endOf(await relay.start('job', input));
    emulator.setFaults([]);
    expect(result).toContain(type);
  });

  it('in a pipeline with streams, large values and a step that is cancelled', async () => {
    const definition = {
      version: 1,
      steps: {
        one: { endpoint: 'local/takes', input: { token }, s3Config },
        many: { forEach: '{% [1..3] %}', endpoint: 'local/takes', input: { token, n: '{% $item %}' } },
        stream: { endpoint: 'local/counts', input: { token }, stream: 'events' },
        waits: { needs: ['one', 'many', 'stream'], endpoint: 'local/sleep', input: { ms: 60_000, token } },
      },
    };
    const run = await relay.start('pipeline', { definition, input: {} } as never, { summary: 'all of it' });
    await until('the last step runs', async () =>
      emulator.jobs().some(({ endpoint, status }) => endpoint === 'sleep' && status === 'IN_PROGRESS'),
    );
    await run.cancel();
    expect(await endOf(run)).toContain('was cancelled');
  });
});

describe('secrets stay out of', () => {
  it('a schedule', async () => {
    await relay.schedules.create('nightly', {
      every: '1d',
      job: { endpoint: 'local/takes', input: { token }, s3Config },
    });
    shown.push(
      textOf(await temporal.workflowService.describeSchedule({ namespace: 'default', scheduleId: 'nightly' })),
      decoded(await (await fetch(`${server.uiUrl}/api/v1/namespaces/default/schedules`)).text()),
    );
    await relay.schedules.delete('nightly');
  });

  it('what `doctor` and `endpoint` say', async () => {
    const surroundings = { cwd: stateDir, env: { ...SECRETS, PATH: process.env.PATH ?? '' } };
    for (const args of [
      ['doctor', '--address', at.address],
      ['endpoint', 'list'],
      ['endpoint', 'health', 'local/takes'],
      ['endpoint', 'status', 'local/takes', 'nobody', '--verbose'],
    ]) {
      const { stdout, stderr } = await jobrelay(args, surroundings);
      expect(stdout + stderr).not.toBe('');
      shown.push(stdout, stderr);
    }
  });

  it('what is told of a store that cannot be used, and repeats what it was sent', async () => {
    const refusing = createServer((request, response) =>
      response.writeHead(403).end(`no ${request.headers.authorization} ${SECRETS.ARTIFACTS_ID}`),
    );
    await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve));
    const lines: string[] = [];
    const config = await loadConfig({ cwd: stateDir, env: SECRETS });
    const { port } = refusing.address() as AddressInfo;
    const taskQueue = 'with-a-bucket';
    const other = await startWorker({
      config: {
        ...config,
        artifacts: {
          ...{ driver: 's3', bucket: 'b', region: 'eu', endpoint: `http://127.0.0.1:${port}`, forcePathStyle: true },
          ...{ accessKeyIdEnv: 'ARTIFACTS_ID', secretAccessKeyEnv: 'ARTIFACTS_SECRET' },
        },
      },
      ...{ env: SECRETS, temporal: at, taskQueue, workflowBundle: inject('workflowBundle') },
      log: (line) => lines.push(line),
    });
    try {
      const client = await createClient({ ...at, taskQueue, encryptionKeys: '' });
      const run = await client.start('job', { endpoint: 'local/takes', input: { token } });
      const failing = await until('an activity fails for want of the store', async () =>
        (await run.status()).pendingActivities.find(({ lastFailure }) => lastFailure !== undefined),
      );
      shown.push(JSON.stringify(failing), await historyText(temporal, run.workflowId), ...lines);
      await temporal.workflow.getHandle(run.workflowId).terminate();
      await client.close();
    } finally {
      await other.shutdown();
      refusing.close();
      refusing.closeAllConnections();
    }
  });

  it('a start that writes the credentials of storage out: it is not made', async () => {
    const written = { ...s3Config, accessSecret: SECRETS.STORAGE_SECRET };
    const refused = relay.start('job', { endpoint: 'local/takes', input: { a: 1 }, s3Config: written });
    await expect(refused).rejects.toThrow('s3Config.accessSecret holds a credential');
    shown.push(String(await refused.catch((error: Error) => error.stack)));
  });

  it('the log of a worker whose webhooks and limits have trouble', async () => {
    const forged = await fetch(`${worker.webhooks}/forged`, { method: 'POST', body: '{"id":"x"}' });
    expect(forged.status).toBe(404);
    expect(worker.log()).toContain('the limits store does not answer');
    shown.push(worker.log());
  });

  it('artifacts', async () => {
    const folder = join(stateDir, 'artifacts');
    const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) shown.push(await readFile(join(file.parentPath, file.name), 'utf8'));
  });

  it('all of that', () => {
    expect(shown.length).toBeGreaterThan(60);
    // That the search would find one.
    expect(decoded(`"data":"${Buffer.from(MARK).toString('base64')}"`)).toContain(MARK);
    expect(textOf({ payloads: [{ data: Buffer.from(MARK) }] })).toContain(MARK);
    const found = shown.flatMap((text) => [...text.matchAll(new RegExp(`.{0,100}${MARK}.{0,100}`, 'g'))].map(String));
    expect(found).toEqual([]);
  });
});

/** Every text in an answer of the server, bytes as text. */
function textOf(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.values(value).map(textOf).join('\n');
}

/** An answer of the UI's API, and what its payloads hold. */
function decoded(json: string): string {
  const payloads = [...json.matchAll(/"data":\s*"([A-Za-z0-9+/=]+)"/g)];
  return [json, ...payloads.map(([, data = '']) => Buffer.from(data, 'base64').toString())].join('\n');
}
