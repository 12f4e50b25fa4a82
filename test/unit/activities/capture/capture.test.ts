import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { captureOutput } from '../../../../activities/capture/capture-output.js';
import { Downloader } from '../../../../activities/capture/download.js';
import { CaptureRefused, CaptureUnavailable } from '../../../../activities/capture/errors.js';
import type { HostPolicy } from '../../../../activities/capture/host-policy.js';
import { createFileStore, externalize, rehydrate, type StoreDriver } from '../../../../artifacts/index.js';

let folder: string;
let store: StoreDriver;
let server: Server;
let host: string;
let listener: RequestListener;
const requests: string[] = [];
const downloaders: Downloader[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'capture-'));
  store = createFileStore({ root: folder });
  requests.length = 0;
  listener = (_, response) => response.setHeader('content-type', 'image/png').end('png');
  server = createServer((request, response) => {
    requests.push(request.url ?? '');
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await Promise.all(downloaders.splice(0).map((downloader) => downloader.close()));
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

interface Change {
  readonly policy?: Partial<HostPolicy>;
  readonly maxBytes?: number;
  readonly livesUntil?: number;
  readonly deadline?: number;
  readonly lookup?: LookupFunction;
}

async function capture(output: object, { policy, lookup, ...change }: Change = {}) {
  const downloader = new Downloader({ hosts: [], insecureHosts: [host], ...policy }, lookup);
  downloaders.push(downloader);
  return captureOutput(output as never, {
    ...{ paths: [['images', '*']], maxBytes: 1_000_000, store, downloader },
    signal: new AbortController().signal,
    livesUntil: Date.now() + 60_000,
    deadline: Date.now() + 60_000,
    breakOffAt: Date.now() + 60_000,
    ...change,
  });
}

const one = (url: string, change?: Change) => capture({ images: [url] }, change);

describe('a result behind a URL', () => {
  test('is stored with its content type, and a reference takes the place of the address', async () => {
    listener = (request, response) =>
      response.setHeader('content-type', 'image/webp; q=1').end(`content of ${request.url?.split('?')[0]}`);
    const output = {
      images: [`http://${host}/a?sig=secret`, `http://${host}/b`, `http://${host}/a?sig=secret`, 'no address', 7],
      $artifact: 'data of theirs',
    };
    const { output: captured, references } = await capture(output);
    const stored = await externalize(captured, store, { inlineMaxBytes: 10_000, foreign: true, references });
    expect(JSON.stringify(stored)).not.toContain('secret');
    expect(stored).toMatchObject({ $$artifact: 'data of theirs' });
    const [first] = (stored as never as { images: { $artifact: object }[] }).images;
    expect(first?.$artifact).toMatchObject({ mediaType: 'image/webp', encoding: 'base64', bytes: 13 });
    const [a, b] = ['/a', '/b'].map((name) => Buffer.from(`content of ${name}`).toString('base64'));
    expect(await rehydrate(stored, store)).toEqual({ ...output, images: [a, b, a, 'no address', 7] });
    expect(requests.toSorted()).toEqual(['/a?sig=secret', '/b']);
  });

  test('is asked for again while its server fails, or breaks off', async () => {
    listener = (_, response) => {
      if (requests.length === 1) response.writeHead(503).end('busy');
      else if (requests.length === 2)
        response.writeHead(200, { 'content-length': 100 }).write('half', () => response.destroy());
      else response.end('whole');
    };
    const { output } = await one(`http://${host}/a`);
    const [image] = (output as never as { images: { $artifact: { sha256: string } }[] }).images;
    expect(Buffer.from(await store.get(image?.$artifact.sha256 ?? '')).toString()).toBe('whole');
    expect(requests).toHaveLength(3);
  });

  test('is left to another attempt where this one has no time, and given up when it has expired', async () => {
    listener = (_, response) => response.writeHead(503).end();
    const late = one(`http://${host}/a?sig=secret`, { deadline: Date.now() });
    await expect(late).rejects.toThrow(CaptureUnavailable);
    await expect(late).rejects.toThrow(/^output\.images\.0: http:.*\/a\?… answers 503$/);
    await expect(one(`http://${host}/a`, { livesUntil: Date.now() })).rejects.toThrow(/answers 503, until it expired/);
    await expect(one(`http://${host}/a?Expires=1500000000`)).rejects.toThrow(CaptureRefused);
  });

  test('is left to another attempt where it comes without end, and given up when it has expired', async () => {
    listener = (_, response) => {
      const drip = setInterval(() => response.write('more'), 10);
      response.once('close', () => clearInterval(drip));
    };
    const soon = () => ({ deadline: Date.now(), breakOffAt: Date.now() + 200 });
    const slow = one(`http://${host}/a`, soon());
    await expect(slow).rejects.toThrow(CaptureUnavailable);
    await expect(slow).rejects.toThrow(/^output\.images\.0: http:.*\/a takes too long$/);
    const expired = one(`http://${host}/a`, { ...soon(), livesUntil: Date.now() });
    await expect(expired).rejects.toThrow(CaptureRefused);
    await expect(expired).rejects.toThrow(/takes too long, until it expired$/);
  });

  test.each([403, 404, 410])('that answers %i has expired, and is not asked for again', async (status) => {
    listener = (_, response) => response.writeHead(status).end('<Error>secret</Error>');
    const failed = one(`http://${host}/a?X-Amz-Signature=secret`);
    await expect(failed).rejects.toThrow(CaptureRefused);
    await expect(failed).rejects.toThrow(`answers ${status}: it has expired, or never was`);
    await expect(failed).rejects.not.toThrow('secret');
    expect(requests).toHaveLength(1);
  });

  test('that is none is refused at once, however much it looks like one', async () => {
    const refused = one('https:// to follow');
    await expect(refused).rejects.toThrow(CaptureRefused);
    await expect(refused).rejects.toThrow('output.images.0: it is no URL');
  });

  test('is given up, half read, when another one of its output can not be had', async () => {
    const reading = new EventEmitter();
    const begun = once(reading, 'begun');
    const left = once(reading, 'left');
    listener = async (request, response) => {
      if (request.url === '/gone') {
        await begun;
        response.writeHead(404).end();
        return;
      }
      const drip = setInterval(() => response.write('more', () => reading.emit('begun')), 10);
      response.once('close', () => {
        clearInterval(drip);
        reading.emit('left');
      });
    };
    await expect(capture({ images: [`http://${host}/gone`, `http://${host}/endless`] })).rejects.toThrow('answers 404');
    await left;
  });

  test('may not be larger than allowed, whether its server says so or not', async () => {
    listener = (request, response) => {
      if (request.url === '/said') response.setHeader('content-length', 2_000);
      response.end(Buffer.alloc(2_000));
    };
    for (const name of ['said', 'unsaid']) {
      await expect(one(`http://${host}/${name}`, { maxBytes: 1_999 })).rejects.toThrow(
        /over 1999 bytes: raise capture/,
      );
    }
    for await (const artifact of store.list()) expect(artifact).toBeUndefined();
  });

  test('is not fetched from a host that is not listed, also after a redirect', async () => {
    await expect(one(`http://${host}/a`, { policy: { insecureHosts: [] } })).rejects.toThrow(/capture\.hosts/);
    expect(requests).toEqual([]);
    listener = (_, response) => response.writeHead(302, { location: 'http://169.254.169.254/keys?a=b' }).end();
    await expect(one(`http://${host}/a`)).rejects.toThrow('http://169.254.169.254/keys?… is not on a host');
    listener = (_, response) => response.writeHead(302, { location: '/again' }).end();
    await expect(one(`http://${host}/a`)).rejects.toThrow('redirects more than 5 times');
  });

  test('is fetched after redirects that stay where they may', async () => {
    listener = (request, response) => {
      if (request.url === '/a') response.writeHead(307, { location: '/b' }).end();
      else response.end('there');
    };
    await one(`http://${host}/a`);
    expect(requests).toEqual(['/a', '/b']);
  });

  test('is not fetched at an address that is not public, whatever name leads there', async () => {
    const { port } = server.address() as AddressInfo;
    await expect(one(`https://127.0.0.1:${port}/`, { policy: { hosts: [host], insecureHosts: [] } })).rejects.toThrow(
      'is no public address',
    );
    await expect(
      one(`https://[::1]:${port}/`, { policy: { hosts: [`[::1]:${port}`], insecureHosts: [] } }),
    ).rejects.toThrow('is no public address');
    const name = `rebound.example:${port}`;
    const strict = { policy: { hosts: [name], insecureHosts: [] } };
    let lookups = 0;
    const rebinding: LookupFunction = (_, options, callback) => {
      lookups++;
      if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
      else callback(null, '127.0.0.1', 4);
    };
    const trapped = one(`https://${name}/`, { ...strict, lookup: rebinding });
    await expect(trapped).rejects.toThrow(CaptureRefused);
    await expect(trapped).rejects.toThrow('rebound.example leads to 127.0.0.1, which is no public address');
    expect(lookups).toBe(1);
    expect(requests).toEqual([]);
  });

  test('that nobody answers for is left to another attempt', async () => {
    server.close();
    await expect(one(`http://${host}/a`, { deadline: Date.now() })).rejects.toThrow(/does not answer: ECONNREFUSED/);
  });
});
