import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { type ArtifactRef, createClient } from '../../../client/index.js';
import { type S3Server, startS3, whyNoS3 } from '../../fixtures/s3-server.js';
import { type Harness, historyText, startHarness } from '../harness.js';

const missing = whyNoS3();
if (missing !== undefined) console.warn(`runs with artifacts in S3 are not tested: ${missing}`);

const PNG = Buffer.concat([Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), Buffer.alloc(4_000, 7)]);
const CLI = new URL('../../../dist/cli/main.js', import.meta.url).pathname;

describe.skipIf(missing !== undefined)('runs with artifacts in S3', () => {
  let server: S3Server;
  let harness: Harness;
  beforeAll(async () => {
    server = await startS3();
    harness = await startHarness({
      env: server.env,
      configure: (config) => ({
        ...config,
        artifacts: server.settings('runs'),
        endpoints: {
          by_address: {
            alias: 'by_address',
            use: [{ endpoint: 'by_address', provider: 'local', endpointId: 'fetch' }],
            rehydrate: 'url',
          },
        },
      }),
      endpoints: {
        draw: { handler: () => ({ image: PNG.toString('base64') }) },
        // As a provider's worker: it has no key.
        fetch: {
          async handler(input) {
            const { image, note } = input as { image: string; note: string };
            const answer = await fetch(image);
            const bytes = Buffer.from(await answer.arrayBuffer());
            const expires = Number(new URL(image).searchParams.get('X-Amz-Expires'));
            return { same: PNG.equals(bytes), type: answer.headers.get('content-type'), note: note.length, expires };
          },
        },
        words: {
          async *handler() {
            for (let at = 0; at < 12; at++) yield `${at}${'w'.repeat(1_000)}`;
          },
        },
      },
    });
  });
  afterAll(async () => {
    await harness.stop();
    await server.stop();
  });

  test('carry large values and files from the client through jobs and back', async () => {
    const { relay, temporal } = harness;
    const text = 'v'.repeat(300_000);
    const run = await relay.start('pipeline', {
      definition: {
        version: 1,
        steps: {
          drawn: { endpoint: 'local/draw', input: { text: '{% $input.text %}' } },
          echoed: {
            endpoint: 'local/echo',
            input: { image: '{% $steps.drawn.output.image %}', text: '{% $input.text %}' },
          },
        },
        output: { image: '{% $steps.echoed.output.image %}', chars: '{% $length($steps.echoed.output.text) %}' },
      },
      input: { text },
    });
    const { output } = await run.result();
    const { image, chars } = output as unknown as { image: { $artifact: ArtifactRef }; chars: number };
    expect(chars).toBe(text.length);
    expect(PNG.equals(await relay.artifact(image))).toBe(true);
    expect(image.$artifact.uri).toMatch(/^s3:\/\/artifacts\/runs\/sha256\//);
    expect(await historyText(temporal, run.workflowId)).not.toContain(server.env.TEST_S3_SECRET);
    expect(await readdir(harness.stateDir)).toEqual([]);
  });

  test('hand files to jobs by addresses that work as long as the job may', async () => {
    const { relay, temporal } = harness;
    const run = await relay.start('job', {
      endpoint: 'by_address',
      input: { image: PNG.toString('base64'), note: 'n'.repeat(100_000) },
      timeouts: { queue: '10m', run: '20m' },
    });
    const { output } = await run.result();
    expect(output).toEqual({ same: true, type: 'image/png', note: 100_000, expires: 60 * 60 });
    expect(await historyText(temporal, run.workflowId)).not.toContain('X-Amz');
  });

  test('keep the streams that readers follow', async () => {
    const run = await harness.relay.start('job', { endpoint: 'local/words', input: { go: 1 }, stream: 'events' });
    await run.result();
    const chunks: string[] = [];
    for await (const item of run.stream()) {
      if (item.kind === 'chunk') chunks.push(String(item.output).replace(/w+/, ''));
    }
    expect(chunks).toEqual(Array.from({ length: 12 }, (_, at) => String(at)));
  });

  test('are read by a client and a command line that have the configuration of the workers', async () => {
    const { sha256 } = await harness.store.put(PNG);
    const file = join(harness.stateDir, 'jobrelay.yaml');
    const { endpoint } = server;
    await writeFile(
      file,
      `version: 1\nartifacts: { driver: s3, bucket: artifacts, prefix: runs, endpoint: "${endpoint}", forcePathStyle: true, accessKeyId: "\${TEST_S3_KEY}", secretAccessKey: "\${TEST_S3_SECRET}" }\n`,
    );
    const env = { ...process.env, ...server.env };
    const out = join(harness.stateDir, 'image.png');
    const run = promisify(execFile);
    await run(process.execPath, [CLI, 'artifact', 'get', sha256, '--config', file, '--out', out], { env });
    expect(PNG.equals(await readFile(out))).toBe(true);

    const { address, namespace } = inject('temporal');
    for (const [name, value] of Object.entries(server.env)) vi.stubEnv(name, value);
    const client = await createClient({ address, namespace, artifacts: { config: file } });
    expect(PNG.equals(await client.artifact({ sha256, bytes: 0, mediaType: 'image/png', encoding: 'base64' }))).toBe(
      true,
    );
    await client.close();
    vi.unstubAllEnvs();

    const { stdout } = await run(process.execPath, [CLI, 'doctor', '--json', '--config', file], { env }).catch(
      (error: { stdout: string }) => error,
    );
    expect(JSON.parse(stdout).findings).toContainEqual(
      expect.objectContaining({
        check: 'artifacts',
        status: 'ok',
        message: expect.stringContaining('s3://artifacts/runs'),
      }),
    );
  });
});
