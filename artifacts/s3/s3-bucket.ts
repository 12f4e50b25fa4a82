import type { ReadStream } from 'node:fs';
import { createLimiter } from '../concurrency.js';
import type { S3StoreSettings } from '../create-store.js';
import { openS3, REQUESTS_AT_ONCE, type S3Access } from './s3-client.js';
import { isNotThere, statusOf, toStoreUnavailable } from './s3-errors.js';

/** Larger contents are sent in parts of this size, a few at once: that bounds memory, and a retry repeats one part. */
export const PART_BYTES = 8 * 1024 * 1024;
const PARTS_AT_ONCE = 4;
/** What is done, for messages. */
const END_UPLOADS = 'end uploads that were left';
/** The longest that S3 signs for. */
const MAX_PRESIGN_MS = 7 * 24 * 60 * 60_000;

/** What is known of an object without reading it. */
export interface S3Object {
  readonly key: string;
  readonly bytes: number;
  readonly storedAt: Date;
}

/** The objects of a bucket by key. What S3 does not do is a `StoreUnavailable` that says what to do about it. */
export class S3Bucket {
  /** For messages. */
  readonly location: string;
  readonly #bucket: string;
  readonly #open: () => Promise<S3Access>;
  readonly #limited = createLimiter(REQUESTS_AT_ONCE);
  #opening: Promise<S3Access> | undefined;

  constructor(settings: S3StoreSettings, env: Readonly<Record<string, string | undefined>>) {
    const { bucket, prefix, endpoint } = settings;
    const place = prefix === undefined ? `s3://${bucket}` : `s3://${bucket}/${prefix}`;
    this.location = endpoint === undefined ? place : `${place} at ${endpoint}`;
    this.#bucket = bucket;
    this.#open = () => openS3(settings, env, this.location);
  }

  /** Undefined where it is not there, or where the keys may not say so: without s3:ListBucket a missing key is a 403. */
  async head(key: string): Promise<S3Object | undefined> {
    return this.#request('look for an object', async ({ s3, client }) => {
      const command = new s3.HeadObjectCommand({ Bucket: this.#bucket, Key: key });
      const found = await client.send(command).catch((error: unknown) => {
        if (isNotThere(error) || statusOf(error) === 403) return undefined;
        throw error;
      });
      if (found === undefined) return undefined;
      return { key, bytes: found.ContentLength ?? 0, storedAt: found.LastModified ?? new Date(0) };
    });
  }

  /** @param sha256 - of the bytes, in hex: the server takes no others. */
  async put(key: string, bytes: Uint8Array, sha256: string): Promise<void> {
    await this.#request('store an object', ({ s3, client }) =>
      client.send(
        new s3.PutObjectCommand({
          Bucket: this.#bucket,
          Key: key,
          Body: bytes,
          ContentLength: bytes.byteLength,
          ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64'),
        }),
      ),
    );
  }

  /** Stores contents of any size. One that breaks off leaves no object, and no parts unless the process is killed. */
  async putParts(key: string, body: Uint8Array | ReadStream): Promise<void> {
    await this.#request('store an object in parts', async ({ client }) => {
      const { Upload } = await import('@aws-sdk/lib-storage');
      const params = { Bucket: this.#bucket, Key: key, Body: body };
      await new Upload({ client, params, partSize: PART_BYTES, queueSize: PARTS_AT_ONCE }).done();
    });
  }

  /** The bytes, which may break off. Undefined where the object is not there. */
  async read(key: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    return this.#request('read an object', async ({ s3, client }) => {
      const command = new s3.GetObjectCommand({ Bucket: this.#bucket, Key: key });
      const answer = await client.send(command).catch((error: unknown) => {
        if (isNotThere(error)) return undefined;
        throw error;
      });
      return answer?.Body as AsyncIterable<Uint8Array> | undefined;
    });
  }

  async *list(prefix: string): AsyncGenerator<S3Object, void> {
    let token: string | undefined;
    do {
      const page = await this.#request('list the bucket', ({ s3, client }) => {
        const start = token === undefined ? {} : { ContinuationToken: token };
        return client.send(new s3.ListObjectsV2Command({ Bucket: this.#bucket, Prefix: prefix, ...start }));
      });
      for (const { Key, Size = 0, LastModified } of page.Contents ?? []) {
        if (Key !== undefined && LastModified !== undefined) yield { key: Key, bytes: Size, storedAt: LastModified };
      }
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  async remove(key: string): Promise<void> {
    await this.#request('delete an object', ({ s3, client }) =>
      client.send(new s3.DeleteObjectCommand({ Bucket: this.#bucket, Key: key })),
    );
  }

  /** Parts of an upload that was killed are billed and seen nowhere. */
  async abortUploads(prefix: string, before: Date): Promise<void> {
    const place = { Bucket: this.#bucket, Prefix: prefix };
    let next: { readonly KeyMarker: string; readonly UploadIdMarker?: string } | undefined;
    do {
      const page = await this.#request(END_UPLOADS, ({ s3, client }) =>
        client.send(new s3.ListMultipartUploadsCommand({ ...place, ...next })),
      );
      for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
        if (Key === undefined || UploadId === undefined || Initiated === undefined || Initiated >= before) continue;
        await this.#abortUpload(Key, UploadId);
      }
      const { IsTruncated, NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page;
      next = IsTruncated && KeyMarker ? { KeyMarker, ...(UploadIdMarker && { UploadIdMarker }) } : undefined;
    } while (next !== undefined);
  }

  async #abortUpload(key: string, uploadId: string): Promise<void> {
    await this.#request(END_UPLOADS, ({ s3, client }) =>
      client
        .send(new s3.AbortMultipartUploadCommand({ Bucket: this.#bucket, Key: key, UploadId: uploadId }))
        .catch((error: unknown) => {
          // It was completed, or somebody else ended it.
          if (!isNotThere(error)) throw error;
        }),
    );
  }

  /** An address that serves the object, with this content type, for so long; 7 days at most. */
  async presign(key: string, mediaType: string, expiresInMs: number): Promise<string> {
    return this.#request('sign an address', async ({ s3, client }) => {
      const { getSignedUrl } = await import('@aws-sdk/s3-request-presigner');
      const command = new s3.GetObjectCommand({ Bucket: this.#bucket, Key: key, ResponseContentType: mediaType });
      const expiresIn = Math.max(1, Math.ceil(Math.min(expiresInMs, MAX_PRESIGN_MS) / 1000));
      return getSignedUrl(client, command, { expiresIn });
    });
  }

  /** The error for bytes that broke off. */
  brokenOff(error: unknown): Error {
    return toStoreUnavailable(error, this.location, this.#bucket, 'read an object to its end');
  }

  async close(): Promise<void> {
    const opened = await this.#opening?.catch(() => undefined);
    opened?.client.destroy();
  }

  async #request<T>(doing: string, send: (access: S3Access) => Promise<T>): Promise<T> {
    try {
      // What was missing, such as a variable, may be there at the next try.
      this.#opening ??= this.#open().catch((error: unknown) => {
        this.#opening = undefined;
        throw error;
      });
      const access = await this.#opening;
      return await this.#limited(() => send(access));
    } catch (error) {
      throw toStoreUnavailable(error, this.location, this.#bucket, doing);
    }
  }
}
