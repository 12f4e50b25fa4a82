import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configFromFile } from '../../../config/build.js';
import { parseYaml } from '../../../config/index.js';
import { type Harness, startHarness, until } from '../harness.js';

interface Reply {
  readonly httpStatus?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** What was asked, as `METHOD /path?query`, in its order. */
const asked: string[] = [];
const timesAsked = (line: string) => asked.filter((other) => other === line).length;

const UNAUTHORIZED: Reply = { httpStatus: 401, body: { error: { code: 'unauthorized', message: 'Unauthorized' } } };
const enveloped = (data: unknown): Reply => ({ body: { code: 20_000, message: 'success', data } });
const accepted = (id: string): Reply => ({
  headers: { 'x-runpod-endpoint-id': 'chosen' },
  body: { id, status: 'IN_QUEUE' },
});

/** A gateway whose key check fails every first time, and a SubModel that answers in envelopes and has no long poll. */
function reply(line: string): Reply {
  const isFirst = timesAsked(line) === 1;
  switch (line) {
    case 'POST /gw/transcribe/run':
      return isFirst ? UNAUTHORIZED : accepted('t-1');
    case 'GET /gw/transcribe/status/t-1?endpointId=chosen':
      return isFirst ? UNAUTHORIZED : { body: { id: 't-1', status: 'COMPLETED', output: { transcription: 'hello' } } };
    case 'POST /gw/chat/run':
      return accepted('c-1');
    case 'GET /gw/chat/status/c-1?endpointId=chosen':
      return {
        body: {
          id: 'c-1',
          status: timesAsked('POST /gw/chat/cancel/c-1?endpointId=chosen') > 1 ? 'CANCELLED' : 'IN_PROGRESS',
        },
      };
    case 'POST /gw/chat/cancel/c-1?endpointId=chosen':
      return isFirst ? UNAUTHORIZED : { body: { id: 'c-1', status: 'CANCELLED' } };
    case 'POST /sl/draw/run':
      return enveloped({ id: 's-1', status: 'in_queue' });
    case 'POST /sl/draw/status/s-1':
      return enveloped(
        timesAsked(line) < 4
          ? { id: 's-1', status: 'in_progress' }
          : { id: 's-1', status: 'completed', output: { url: 'u' } },
      );
    default:
      return { httpStatus: 404, body: { code: 40_400, message: 'no such route', data: null } };
  }
}

const FILE = (url: string) => `version: 1
providers:
  studio: { dialect: gateway, baseUrl: "${url}/gw" }
  sub: { dialect: submodel, baseUrl: "${url}/sl" }
endpoints:
  whisper:
    use: { id: studio/transcribe, model: large, output: "{% { 'text': $output.transcription } %}" }
    outputSchema: { type: object, required: [text] }
`;

let server: Server;
let harness: Harness;
beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume().on('end', () => {
      // What a wait is, is no part of what this is about.
      const line = `${request.method} ${request.url}`.replace(/\?wait=\d+$/, '');
      asked.push(line);
      const { httpStatus = 200, headers = {}, body } = reply(line);
      response.writeHead(httpStatus, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  harness = await startHarness({
    configure: ({ artifacts, providers }) => ({
      ...configFromFile(parseYaml(FILE(url), 'jobrelay.yaml'), '/project/jobrelay.yaml', {
        env: {},
        emulatorUrl: providers.local?.baseUrl.replace(/\/v2$/, '') ?? '',
      }),
      artifacts,
    }),
  });
});
afterAll(async () => {
  await harness.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe('a job on a gateway', () => {
  it('survives keys that are refused for a moment, is followed at the endpoint that took it, and is mapped', async () => {
    const run = await harness.relay.start('job', { endpoint: 'whisper', input: { audio: 'a.mp3' } });
    const { output, attempts, suspectedDuplicates } = await run.result();
    expect(output).toEqual({ text: 'hello' });
    expect(attempts).toEqual([expect.objectContaining({ jobId: 't-1', outcome: 'COMPLETED' })]);
    expect(suspectedDuplicates).toBe(0);
    expect(timesAsked('POST /gw/transcribe/run')).toBe(2);
    expect(asked.filter((line) => line.includes('status-sync'))).toEqual([]);
  });

  it('is cancelled though its key is refused for a moment', async () => {
    const run = await harness.relay.start('job', { endpoint: 'studio/chat', input: { prompt: 'x' } });
    await until('the job is followed', () => timesAsked('GET /gw/chat/status/c-1?endpointId=chosen') > 0);
    await run.cancel();
    await run.result().catch(() => undefined);
    expect(timesAsked('POST /gw/chat/cancel/c-1?endpointId=chosen')).toBe(2);
  });
});

describe('a job on SubModel', () => {
  it('is read out of its envelopes, without a long poll where there is none', async () => {
    const run = await harness.relay.start('job', { endpoint: 'sub/draw', input: { prompt: 'x' } });
    expect((await run.result()).output).toEqual({ url: 'u' });
    expect(timesAsked('POST /sl/draw/run')).toBe(1);
    expect(timesAsked('POST /sl/draw/status-sync/s-1')).toBeLessThanOrEqual(1);
  });
});
