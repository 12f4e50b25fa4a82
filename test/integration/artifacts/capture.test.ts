import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ArtifactRef } from '../../../client/index.js';
import { failureOfRun, type Harness, historyText, startHarness } from '../harness.js';

const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452aa', 'hex');

describe('an endpoint that captures', () => {
  let harness: Harness;
  let results: Server;
  const asked: string[] = [];
  beforeAll(async () => {
    results = createServer((request, response) => {
      asked.push(request.url ?? '');
      if (request.url?.startsWith('/gone')) response.writeHead(410).end();
      // The first time, as a server does that is being deployed.
      else if (asked.length === 1) response.writeHead(503).end();
      else response.setHeader('content-type', 'image/png').end(PNG);
    });
    await new Promise<void>((resolve) => results.listen(0, '127.0.0.1', resolve));
    const host = `127.0.0.1:${(results.address() as AddressInfo).port}`;
    harness = await startHarness({
      configure: (config) => ({
        ...config,
        endpoints: {
          draw: {
            alias: 'draw',
            use: [{ endpoint: 'draw', provider: 'local', endpointId: 'draw' }],
            capture: ['output.images.*.url'],
          },
          elsewhere: {
            alias: 'elsewhere',
            use: [
              {
                ...{ endpoint: 'elsewhere', provider: 'local', endpointId: 'draw' },
                output: '{% { "first": $output.images[0].url, "others": $output.images.url } %}',
                capture: ['output.first'],
              },
            ],
            capture: ['output.others'],
          },
        },
        capture: { hosts: [], insecureHosts: [host], maxBytes: 1_000_000 },
      }),
      endpoints: {
        draw: {
          handler: (input) => ({
            images: [{ url: `http://${host}/${(input as { name: string }).name}?X-Amz-Signature=c0ffee`, seed: 7 }],
          }),
        },
      },
    });
  });
  afterAll(async () => {
    await harness.stop();
    results.close();
  });

  test('keeps what its outputs point to, and hands it to the next job; no signature is in the history', async () => {
    const { relay, temporal } = harness;
    const run = await relay.start('pipeline', {
      definition: {
        version: 1,
        steps: {
          drawn: { endpoint: 'draw', input: { name: 'boat.png' } },
          seen: { endpoint: 'local/echo', input: { image: '{% $steps.drawn.output.images[0].url %}' } },
        },
        output: { file: '{% $steps.drawn.output.images[0].url %}', seen: '{% $steps.seen.output.image %}' },
      },
    });
    const { output } = await run.result();
    const { file, seen } = output as unknown as { file: { $artifact: ArtifactRef }; seen: unknown };
    expect(file.$artifact).toMatchObject({ mediaType: 'image/png', bytes: PNG.byteLength });
    expect(PNG.equals(await relay.artifact(file))).toBe(true);
    expect(seen).toBe(PNG.toString('base64'));
    expect(asked.filter((url) => url.startsWith('/boat.png'))).toHaveLength(2);
    expect(await historyText(temporal, run.workflowId)).not.toContain('c0ffee');
  });

  test('keeps where an entry of the alias says so, in what its mapping yields', async () => {
    const run = await harness.relay.start('job', { endpoint: 'elsewhere', input: { name: 'cat.png' } });
    expect((await run.result()).output).toEqual({
      first: { $artifact: expect.objectContaining({ bytes: PNG.byteLength }) },
      others: expect.stringContaining('/cat.png?X-Amz-Signature'),
    });
  });

  test('fails the job whose result is gone, once, and says so', async () => {
    const failure = await failureOfRun(harness.relay, 'job', {
      endpoint: 'draw',
      input: { name: 'gone' },
      retry: { platform: 3, handler: 3 },
    });
    expect(failure).toMatchObject({ type: 'CaptureFailed' });
    expect(failure.message).toMatch(
      /completed, but its result cannot be captured: output\.images\.0\.url: .*\/gone\?… answers 410/,
    );
    const { attempts, usage } = failure.details as unknown as { attempts: unknown[]; usage: { jobs: number } };
    expect(attempts).toEqual([expect.objectContaining({ outcome: 'CaptureFailed' })]);
    expect(usage.jobs).toBe(1);
    expect(await historyText(harness.temporal, failure.workflowId)).not.toContain('c0ffee');
  });
});
