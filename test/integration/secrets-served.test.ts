import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type ArtifactRef, createStore, type StoreDriver } from '../../artifacts/index.js';
import { createClient, type JobInput, type JobRelayClient } from '../../client/index.js';
import { loadConfig } from '../../config/index.js';
import { type Emulator, startEmulator } from '../../emulator/index.js';
import { startWorkerProcess, type WorkerProcess } from '../chaos/worker-process.js';
import { freePort } from '../fixtures/free-port.js';
import { type S3Server, startS3, whyNoS3 } from '../fixtures/s3-server.js';
import { jobrelay } from '../unit/cli/run-in-process.js';
import { historyText, until } from './harness.js';

/** What a worker serves over HTTP, and what stands behind it: its metrics, its artifacts, addresses into its bucket. */
const missing = whyNoS3();
if (missing !== undefined) console.warn(`secrets are not searched for where artifacts are in S3: ${missing}`);

/** In every secret, and in nothing else. */
const MARK = 'Zq7Mark';
const KEY = { id: `AKIA${MARK}ID`, secret: `${MARK}/of+the/bucket` };
const SECRETS = {
  RUNPOD_KEY: `rpa_${MARK}_of_runpod`,
  HF_TOKEN: `hf_${MARK}_of_a_handler`,
  ARTIFACTS_TOKEN: `${MARK}_reads_artifacts`,
};
/** What `X-Amz-Signature` would be followed by. */
const SIGNATURE = /X-Amz-Signature(?:=|%3D)[0-9a-f]/;
const PNG = Buffer.concat([Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), Buffer.alloc(4_000, 7)]);
const token = { $secret: 'HF_TOKEN' };

const CONFIG = (emulatorUrl: string, bucket: string | undefined) => `version: 1
providers:
  local: { dialect: runpod, baseUrl: "${emulatorUrl}/v2", apiKey: "\${RUNPOD_KEY}" }
artifactServer: { listen: "127.0.0.1:0", token: "\${ARTIFACTS_TOKEN}" }
secrets: [HF_TOKEN]
${
  bucket === undefined
    ? ''
    : `endpoints:
  by_address: { use: local/fetches, rehydrate: url }
  in_vain: { use: local/fails, rehydrate: url }
artifacts:
  { driver: s3, bucket: artifacts, endpoint: "${bucket}", forcePathStyle: true, accessKeyId: "\${TEST_S3_KEY}", secretAccessKey: "\${TEST_S3_SECRET}" }
`
}`;

let bucket: S3Server | undefined;
let emulator: Emulator;
let worker: WorkerProcess;
let store: StoreDriver;
let relay: JobRelayClient;
let temporal: Client;
let stateDir: string;
let metricsUrl: string;
let env: Record<string, string>;
/** The addresses that handlers were given. */
const addresses: string[] = [];
/** Everything that anybody was shown. */
const shown: string[] = [];

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'jobrelay-secrets-served-'));
  const { address, namespace } = inject('temporal');
  const taskQueue = 'secrets-served';
  [bucket, emulator] = await Promise.all([
    missing === undefined ? startS3(KEY) : undefined,
    startEmulator({
      endpoints: {
        takes: { handler: (input) => ({ got: Object(input).token === SECRETS.HF_TOKEN, long: 'x'.repeat(100_000) }) },
        draws: { handler: () => ({ image: PNG.toString('base64') }) },
        // As a provider's worker: it has no key but the address.
        fetches: {
          async handler(input) {
            const { image } = input as { image: string };
            addresses.push(image);
            return { same: PNG.equals(Buffer.from(await (await fetch(image)).arrayBuffer())) };
          },
        },
        // As Python's `requests` says it.
        fails: {
          handler(input) {
            addresses.push(Object(input).image);
            throw new Error(`403 Client Error: Forbidden for url: ${Object(input).image}`);
          },
        },
      },
    }),
  ]);
  env = { ...SECRETS, ...bucket?.env, PATH: process.env.PATH ?? '' };
  const port = await freePort();
  metricsUrl = `http://127.0.0.1:${port}/metrics`;
  await writeFile(join(stateDir, 'jobrelay.yaml'), CONFIG(emulator.url, bucket?.endpoint));
  worker = await startWorkerProcess({
    ...{ address, namespace, stateDir, taskQueue, emulatorUrl: emulator.url, env },
    args: ['--metrics', `127.0.0.1:${port}`],
  });
  store = createStore((await loadConfig({ cwd: stateDir, env, stateDir })).artifacts, env);
  relay = await createClient({ address, namespace, taskQueue, encryptionKeys: '', artifacts: store });
  temporal = new Client({ connection: await Connection.connect({ address }), namespace });
});
afterAll(async () => {
  worker.signal('SIGKILL');
  await worker.ended;
  await relay.close();
  await store.close();
  await temporal.connection.close();
  await emulator.close();
  await bucket?.stop();
  await rm(stateDir, { recursive: true, force: true });
});

/** Waits for the end of a job, whichever, and takes down what is on record of it. */
async function jobEnds(input: JobInput): Promise<string> {
  const run = await relay.start('job', input);
  const result = await run.result().then(
    (value) => JSON.stringify(value),
    (error: Error) => `${error.stack} ${JSON.stringify(error)} ${JSON.stringify(error.cause)}`,
  );
  shown.push(result, JSON.stringify(await run.status()), await historyText(temporal, run.workflowId));
  return result;
}

const storedImage = () => store.put(PNG);

/** Asks the worker for an artifact, as a caller does that has the token, or another. */
async function served(ref: Pick<ArtifactRef, 'sha256'>, bearer = SECRETS.ARTIFACTS_TOKEN): Promise<number> {
  const headers = { authorization: `Bearer ${bearer}` };
  const answer = await fetch(`${worker.artifacts}/artifacts/${ref.sha256}`, { headers });
  shown.push(JSON.stringify([...answer.headers]), Buffer.from(await answer.arrayBuffer()).toString('latin1'));
  return answer.status;
}

describe('secrets reach whom they are for', () => {
  it('in a job, whose large values are in the store', async () => {
    expect(await jobEnds({ endpoint: 'local/takes', input: { token, prompt: 'p'.repeat(100_000) } })).toContain(
      'COMPLETED',
    );
    expect(emulator.jobs().at(-1)?.input).toMatchObject({ token: SECRETS.HF_TOKEN });
  });

  it('and a provider that refuses a submit and quotes all of it, which is told without them', async () => {
    const { RUNPOD_KEY, HF_TOKEN } = SECRETS;
    emulator.setFaults([{ kind: 'status', operation: 'run', httpStatus: 400, body: { RUNPOD_KEY, HF_TOKEN } }]);
    const told = await jobEnds({ endpoint: 'local/takes', input: { token } });
    emulator.clearFaults();
    expect(told).toContain('InvalidRequest');
  });

  it('and the caller of the artifact server, who alone is served', async () => {
    const ref = await storedImage();
    expect(await served(ref)).toBe(200);
    expect(await served(ref, `${SECRETS.ARTIFACTS_TOKEN}?`)).toBe(401);
    expect(await served({ sha256: '0'.repeat(64) })).toBe(404);
  });
});

describe.skipIf(missing !== undefined)('where artifacts are in S3, the signatures of addresses', () => {
  it('reach a handler, and are in no record of its run', async () => {
    const drawn = await jobEnds({ endpoint: 'local/draws', input: { n: 1 } });
    const { output } = JSON.parse(drawn) as { output: { image: never } };
    expect(await jobEnds({ endpoint: 'by_address', input: { image: output.image, token } })).toContain('"same":true');
  });

  it('come back in the error of a handler, which is told without them', async () => {
    const input = { image: PNG.toString('base64') };
    const told = await jobEnds({ endpoint: 'in_vain', input, retry: { handler: 0 } });
    expect(told).toContain('403 Client Error: Forbidden for url: http');
    expect(told).toContain('X-Amz-Signature=[secret]');
  });

  it('come back with the refusal of a submit, which is told without them', async () => {
    const image = addresses.at(-1) ?? '';
    // As Go's encoder writes it.
    const body = { error: `cannot use ${image.replaceAll('&', '\\u0026')}` };
    emulator.setFaults([{ kind: 'status', operation: 'run', httpStatus: 400, body }]);
    const told = await jobEnds({ endpoint: 'in_vain', input: { image: PNG.toString('base64') } });
    emulator.clearFaults();
    expect(told).toContain('InvalidRequest');
    expect(told).toContain('X-Amz-Signature=[secret]');
  });

  it('were there to be found', () => {
    expect(addresses.length).toBeGreaterThan(1);
    for (const address of addresses) expect(address).toMatch(SIGNATURE);
  });
});

describe('secrets stay out of', () => {
  it('the metrics that Prometheus is told', async () => {
    const page = await until('what the jobs did is told', async () => {
      const text = await (await fetch(metricsUrl)).text();
      return /jobrelay_jobs_ended_total\{[^}]*COMPLETED/.test(text) ? text : undefined;
    });
    expect(page).toContain('temporal_');
    shown.push(page);
  });

  it('what commands say that use the store and the artifact server', async () => {
    const { sha256 } = await storedImage();
    const wrong = { ...env, TEST_S3_SECRET: `${MARK}/of+another/bucket`, ARTIFACTS_TOKEN: `${MARK}_of_another_server` };
    const { address } = inject('temporal');
    for (const surroundings of [env, wrong]) {
      const exitCodes: number[] = [];
      for (const args of [
        ['doctor', '--address', address],
        ['artifact', 'get', sha256, '--out', join(stateDir, 'image.png')],
      ]) {
        const { stdout, stderr, exitCode } = await jobrelay(args, { cwd: stateDir, env: surroundings });
        expect(stdout + stderr).not.toBe('');
        shown.push(stdout, stderr);
        exitCodes.push(exitCode);
      }
      if (bucket !== undefined) expect(exitCodes[1] === 0).toBe(surroundings === env);
    }
  });

  it('the names and the content of what is stored', async () => {
    const folder = bucket?.bucketFolder ?? join(stateDir, 'artifacts');
    const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    expect(files.length).toBeGreaterThan(2);
    for (const { parentPath, name } of files) shown.push(name, await readFile(join(parentPath, name), 'latin1'));
  });

  it('what is told of a store that is gone', async () => {
    const ref = await storedImage();
    if (bucket !== undefined) {
      await bucket.stop();
      expect(await served(ref)).toBe(503);
      expect(worker.log()).toContain(`artifact ${ref.sha256} could not be served`);
    }
    shown.push(worker.log());
  });

  it('all of that', () => {
    expect(shown.length).toBeGreaterThan(20);
    const found = (pattern: RegExp) => shown.flatMap((text) => [...text.matchAll(pattern)].map(String));
    expect(found(new RegExp(`.{0,100}${MARK}.{0,100}`, 'g'))).toEqual([]);
    expect(found(new RegExp(`.{0,100}${SIGNATURE.source}.{0,20}`, 'g'))).toEqual([]);
  });
});
