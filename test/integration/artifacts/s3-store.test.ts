import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStore, StoreUnavailable } from '../../../artifacts/index.js';
import { type S3Server, startS3, whyNoS3 } from '../../fixtures/s3-server.js';
import { digestOf, itIsAStore } from './store-contract.js';

const missing = whyNoS3();
if (missing !== undefined) console.warn(`artifacts in S3 are not tested: ${missing}`);

describe.skipIf(missing !== undefined)('artifacts in S3', () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startS3();
  });
  afterAll(() => server.stop());

  const keyOf = (sha256: string) => `sha256/${sha256.slice(0, 2)}/${sha256}`;
  itIsAStore(() => ({
    open: () => createStore(server.settings('studio/one'), server.env),
    fileOf: (sha256) => path.join(server.bucketFolder, 'studio/one', keyOf(sha256)),
  }));

  it('keep to their prefix, so that stores can share a bucket', async () => {
    const [one, other] = ['a', undefined].map((prefix) => createStore(server.settings(prefix), server.env));
    const { sha256, uri } = (await one?.put(Buffer.from('of one'))) ?? { sha256: '', uri: '' };
    expect(uri).toBe(`s3://artifacts/a/${keyOf(sha256)}`);
    await expect(other?.get(sha256)).rejects.toThrow('s3://artifacts at http');
    for await (const artifact of other?.list() ?? []) expect(artifact.sha256).not.toBe(sha256);
  });

  it('list more than one page', async () => {
    const store = createStore(server.settings('many'), server.env);
    const digests = Array.from({ length: 1_005 }, (_, at) => digestOf(Buffer.from(`${at}`)));
    for (const sha256 of digests) {
      const file = path.join(server.bucketFolder, 'many', keyOf(sha256));
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, '');
    }
    const listed = new Set<string>();
    for await (const { sha256 } of store.list()) listed.add(sha256);
    expect(listed).toEqual(new Set(digests));
  });

  it('have addresses that anybody can read until they expire', async () => {
    const store = createStore(server.settings(), server.env);
    const { sha256 } = await store.put(Buffer.from('not a secret'));
    const url = (await store.presign?.({ sha256, mediaType: 'image/png' }, { expiresInMs: 60_000 })) ?? '';
    expect(new URL(url).searchParams.get('X-Amz-Expires')).toBe('60');
    const answer = await fetch(url);
    expect(answer.headers.get('content-type')).toBe('image/png');
    expect(await answer.text()).toBe('not a secret');
    expect((await fetch(url.split('?')[0] ?? '')).status).toBe(403);
  });

  it.each([
    [
      'there is no such bucket',
      { bucket: 'elsewhere' },
      /no bucket "elsewhere"; make it, or correct artifacts\.bucket/,
    ],
    [
      'a key is wrong',
      { secretAccessKeyEnv: 'TEST_S3_KEY' },
      /keys are missing or wrong \(SignatureDoesNotMatch\); set/,
    ],
    ['a variable is not set', { accessKeyIdEnv: 'NOT_SET' }, /environment variable NOT_SET is not set; set it/],
    ['nothing listens', { endpoint: 'http://127.0.0.1:9' }, /could not store an object|could not look for an object/],
  ])('say what to do where %s', async (_, change, message) => {
    const store = createStore({ ...server.settings(), ...change }, server.env);
    const failed = store.put(Buffer.from('x'));
    await expect(failed).rejects.toThrow(StoreUnavailable);
    await expect(failed).rejects.toThrow(message);
    await expect(failed).rejects.not.toThrow(server.env.TEST_S3_SECRET);
  });

  it('are read again where an answer breaks off in the middle', async () => {
    const bytes = Buffer.alloc(50_000, 'z');
    let requests = 0;
    const broken = await serve((_, response) => {
      requests++;
      response.writeHead(200, { 'content-length': bytes.byteLength });
      if (requests > 2) response.end(bytes);
      else response.write(bytes.subarray(0, 100), () => response.destroy());
    });
    const { port } = broken.address() as AddressInfo;
    const store = createStore({ ...server.settings(), endpoint: `http://127.0.0.1:${port}` }, server.env);
    expect(bytes.equals(await store.get(digestOf(bytes)))).toBe(true);
    expect(requests).toBe(3);
    await store.close();
    broken.closeAllConnections();
    broken.close();
  });

  it('write what has to be written once, and no bytes but the right ones', async () => {
    const requests: string[] = [];
    const proxy = await serve((request, response) => {
      requests.push(`${request.method} ${request.headers['x-amz-checksum-sha256'] ?? ''}`.trim());
      request.resume();
      if (request.method === 'HEAD' && requests.length > 2) {
        response.writeHead(200, { 'content-length': 4, 'last-modified': new Date().toUTCString() }).end();
      } else response.writeHead(request.method === 'HEAD' ? 404 : 200).end();
    });
    const { port } = proxy.address() as AddressInfo;
    const store = createStore({ ...server.settings(), endpoint: `http://127.0.0.1:${port}` }, server.env);
    await store.put(Buffer.from('once'));
    await store.put(Buffer.from('once'));
    const checksum = Buffer.from(digestOf(Buffer.from('once')), 'hex').toString('base64');
    expect(requests).toEqual(['HEAD', `PUT ${checksum}`, 'HEAD']);
    await store.close();
    proxy.close();
  });

  it('end the uploads that killed processes left, when they are swept', async () => {
    const { S3Client, CreateMultipartUploadCommand, ListMultipartUploadsCommand } = await import('@aws-sdk/client-s3');
    await mkdir(path.join(server.bucketFolder, 'swept'), { recursive: true });
    const client = new S3Client({
      endpoint: server.endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId: server.env.TEST_S3_KEY ?? '', secretAccessKey: server.env.TEST_S3_SECRET ?? '' },
    });
    const place = { Bucket: 'artifacts' };
    await client.send(new CreateMultipartUploadCommand({ ...place, Key: 'swept/sha256/ab/left' }));
    const store = createStore(server.settings('swept'), server.env);
    const uploads = async () => (await client.send(new ListMultipartUploadsCommand(place))).Uploads?.length ?? 0;
    await store.sweep({ before: new Date(Date.now() - 60_000) });
    expect(await uploads()).toBe(1);
    await store.sweep({ before: new Date(Date.now() + 60_000) });
    expect(await uploads()).toBe(0);
    client.destroy();
  });

  it('end them all, however many pages of them there are, and whoever ends some meanwhile', async () => {
    const upload = (key: string) =>
      `<Upload><Key>${key}</Key><UploadId>u</UploadId><Initiated>2020-01-01T00:00:00Z</Initiated></Upload>`;
    const ended: string[] = [];
    const s3 = await serve((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://s3');
      if (request.method === 'DELETE') {
        ended.push(pathname);
        response.writeHead(404).end('<Error><Code>NoSuchUpload</Code></Error>');
        return;
      }
      const page =
        searchParams.get('key-marker') === 'sha256/a'
          ? upload('sha256/b')
          : `${upload('sha256/a')}<IsTruncated>true</IsTruncated><NextKeyMarker>sha256/a</NextKeyMarker>`;
      response.end(`<ListMultipartUploadsResult>${page}</ListMultipartUploadsResult>`);
    });
    const { port } = s3.address() as AddressInfo;
    const store = createStore({ ...server.settings(), endpoint: `http://127.0.0.1:${port}` }, server.env);
    await store.sweep({ before: new Date() });
    expect(ended).toEqual(['/artifacts/sha256/a', '/artifacts/sha256/b']);
    await store.close();
    s3.close();
  });

  it('say which permissions they need where one is missing', async () => {
    const s3 = await serve((_, response) => response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>'));
    const { port } = s3.address() as AddressInfo;
    const store = createStore({ ...server.settings(), endpoint: `http://127.0.0.1:${port}` }, server.env);
    await expect(store.sweep({ before: new Date() })).rejects.toThrow(
      /may not end uploads that were left \(AccessDenied\); allow them .*s3:ListBucketMultipartUploads/,
    );
    await store.close();
    s3.close();
  });
});

async function serve(listener: RequestListener): Promise<Server> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
