import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import { DecryptionFailed, ENCRYPTION_VARIABLE } from './errors.js';
import type { EncryptionKeys } from './keys.js';

const { Payload: WirePayload } = proto.temporal.api.common.v1;

/** As Temporal's own samples call them, in whatever language: a client there can read what is written here. */
const ENCODING = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';
const CIPHER = 'encryption-cipher';

const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts payloads by AES-256-GCM: 12 bytes of nonce, the encrypted payload with its metadata, 16 bytes of tag. What is not
 * encrypted is read as it is: runs that were started before there were keys go on, and so do callers without any.
 *
 * Without keys it encrypts nothing, and says of what is encrypted which key is missing.
 */
export class EncryptionCodec implements PayloadCodec {
  readonly #keys: EncryptionKeys | undefined;

  constructor(keys: EncryptionKeys | undefined) {
    this.#keys = keys;
  }

  async encode(payloads: Payload[]): Promise<Payload[]> {
    const keys = this.#keys;
    const key = keys?.byId.get(keys.current);
    if (keys === undefined || key === undefined) return payloads;
    return payloads.map((payload) => ({
      metadata: {
        encoding: Buffer.from(ENCODING),
        [CIPHER]: Buffer.from('AES-256-GCM'),
        [KEY_ID]: Buffer.from(keys.current),
      },
      data: encrypt(WirePayload.encode(payload).finish(), key),
    }));
  }

  /** @throws {DecryptionFailed} where a key is missing, or is not the one that encrypted */
  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => (isEncrypted(payload) ? this.#decodeOne(payload) : payload));
  }

  #decodeOne({ metadata, data }: Payload): Payload {
    const id = textOf(metadata?.[KEY_ID]);
    const key = this.#keys?.byId.get(id);
    if (key === undefined) {
      const known = [...(this.#keys?.byId.keys() ?? [])];
      const has = known.length === 0 ? 'is not set' : `has only ${known.map((name) => `"${name}"`).join(', ')}`;
      throw new DecryptionFailed(`it needs the key "${id}", and ${ENCRYPTION_VARIABLE} ${has}: add that key to it`);
    }
    return WirePayload.decode(decrypt(data ?? new Uint8Array(), key, id)) as Payload;
  }
}

export function isEncrypted({ metadata }: Payload): boolean {
  return textOf(metadata?.encoding) === ENCODING;
}

function encrypt(plain: Uint8Array, key: KeyObject): Uint8Array {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(sealed: Uint8Array, key: KeyObject, id: string): Uint8Array {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, IV_BYTES));
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch (error) {
    throw new DecryptionFailed(
      `the key "${id}" of ${ENCRYPTION_VARIABLE} is not the one that it was encrypted with: two keys have one id, or the payload is damaged`,
      { cause: error },
    );
  }
}

function textOf(bytes: Uint8Array | null | undefined): string {
  return Buffer.from(bytes ?? []).toString();
}
