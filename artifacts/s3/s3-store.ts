import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { S3StoreSettings } from '../create-store.js';
import { assertDigest, checked, DigestStream, digestOf } from '../digest.js';
import { ArtifactCorrupt, ArtifactMissing } from '../errors.js';
import { isDigest } from '../reference.js';
import { RENEW_AFTER_MS, type StoreDriver } from '../store.js';
import { PART_BYTES, S3Bucket } from './s3-bucket.js';

/** A body that breaks off is nothing that AWS's client repeats. */
const READ_ATTEMPTS = 3;

/**
 * Artifacts as objects of a bucket, `<prefix>/sha256/ab/<digest>`: the layout of the file store, so that one can be copied
 * into the other. For S3 and what speaks its protocol. Whatever S3 does not do is a `StoreUnavailable`.
 */
export function createS3Store(
  settings: S3StoreSettings,
  env: Readonly<Record<string, string | undefined>>,
): StoreDriver {
  const bucket = new S3Bucket(settings, env);
  const { location } = bucket;
  const folder = settings.prefix === undefined ? 'sha256/' : `${settings.prefix}/sha256/`;
  const keyOf = (sha256: string) => `${folder}${sha256.slice(0, 2)}/${sha256}`;
  const uriOf = (sha256: string) => `s3://${settings.bucket}/${keyOf(sha256)}`;

  async function isThere(sha256: string, bytes: number): Promise<boolean> {
    const found = await bucket.head(keyOf(sha256));
    return found?.bytes === bytes && Date.now() - found.storedAt.getTime() < RENEW_AFTER_MS;
  }

  async function putBytes(sha256: string, bytes: Uint8Array): Promise<void> {
    const key = keyOf(sha256);
    await (bytes.byteLength <= PART_BYTES ? bucket.put(key, bytes, sha256) : bucket.putParts(key, bytes));
  }

  async function read(sha256: string): Promise<AsyncIterable<Uint8Array>> {
    assertDigest(sha256);
    const content = await bucket.read(keyOf(sha256));
    if (content === undefined) throw new ArtifactMissing(sha256, location);
    return content;
  }

  return {
    location,
    async put(bytes) {
      const sha256 = digestOf(bytes);
      if (!(await isThere(sha256, bytes.byteLength))) await putBytes(sha256, bytes);
      return { sha256, uri: uriOf(sha256) };
    },
    async get(sha256) {
      for (let attempt = 1; ; attempt++) {
        const bytes = await collect(await read(sha256)).catch((error: unknown) => {
          if (attempt < READ_ATTEMPTS) return undefined;
          throw bucket.brokenOff(error);
        });
        if (bytes === undefined) continue;
        if (digestOf(bytes) !== sha256) throw new ArtifactCorrupt(sha256, uriOf(sha256));
        return bytes;
      }
    },
    async putStream(content, { maxBytes } = {}) {
      // The key is the digest, which is known at the end: until then the bytes are in a file of ours.
      const spool = await mkdtemp(path.join(tmpdir(), 'jobrelay-upload-'));
      try {
        const file = path.join(spool, 'content');
        const stream = new DigestStream(maxBytes);
        await pipeline(stream.pass(content), createWriteStream(file, { flags: 'wx', mode: 0o600 }));
        const { bytes } = stream;
        const sha256 = stream.digest();
        if (!(await isThere(sha256, bytes))) {
          if (bytes <= PART_BYTES) await putBytes(sha256, await readFile(file));
          else await bucket.putParts(keyOf(sha256), createReadStream(file));
        }
        return { sha256, bytes, uri: uriOf(sha256) };
      } finally {
        await rm(spool, { recursive: true, force: true });
      }
    },
    async *open(sha256) {
      const content = await read(sha256);
      try {
        yield* checked(content, sha256, uriOf(sha256));
      } catch (error) {
        throw error instanceof ArtifactCorrupt ? error : bucket.brokenOff(error);
      }
    },
    async *list() {
      for await (const { key, bytes, storedAt } of bucket.list(folder)) {
        const sha256 = key.slice(key.lastIndexOf('/') + 1);
        if (isDigest(sha256) && key === keyOf(sha256)) yield { sha256, bytes, storedAt };
      }
    },
    async remove(sha256, { before }) {
      assertDigest(sha256);
      const found = await bucket.head(keyOf(sha256));
      if (found === undefined || found.storedAt >= before) return false;
      await bucket.remove(keyOf(sha256));
      return true;
    },
    async sweep({ before }) {
      await bucket.abortUploads(folder, before);
      return 0;
    },
    async presign({ sha256, mediaType }, { expiresInMs }) {
      assertDigest(sha256);
      if ((await bucket.head(keyOf(sha256))) === undefined) throw new ArtifactMissing(sha256, location);
      return bucket.presign(keyOf(sha256), mediaType, expiresInMs);
    },
    close: () => bucket.close(),
  };
}

async function collect(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}
