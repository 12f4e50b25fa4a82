import { createSecretKey, type KeyObject } from 'node:crypto';
import { InvalidEncryptionKeys } from './errors.js';

const KEY_BYTES = 32;
const ID = /^[\w.-]{1,64}$/;
const SHAPE = 'must be id:key, or several of them with commas between, each key 32 bytes in base64';

/** Keys of payloads: what is written is encrypted with one of them, and what is read with any. */
export interface EncryptionKeys {
  /** Id of the key that encrypts; it stands beside each payload. */
  readonly current: string;
  readonly byId: ReadonlyMap<string, KeyObject>;
}

/**
 * Reads `id:key,id:key`: the first one encrypts, all decrypt, so that a key can be replaced while payloads of the old one
 * are still kept. Empty or absent: there are none.
 *
 * @throws {InvalidEncryptionKeys}
 */
export function parseEncryptionKeys(text: string | undefined): EncryptionKeys | undefined {
  const entries = (text ?? '').split(/[,\s]+/).filter((entry) => entry !== '');
  const byId = new Map<string, KeyObject>();
  for (const [at, entry] of entries.entries()) {
    const place = entries.length === 1 ? '' : ` (entry ${at + 1} of ${entries.length})`;
    const colon = entry.indexOf(':');
    const id = entry.slice(0, Math.max(0, colon));
    const encoded = entry.slice(colon + 1);
    if (!ID.test(id) || !/^[A-Za-z0-9+/]+=*$/.test(encoded)) throw new InvalidEncryptionKeys(`${SHAPE}${place}`);
    const key = Buffer.from(encoded, 'base64');
    if (key.length !== KEY_BYTES) {
      throw new InvalidEncryptionKeys(`has a key "${id}" of ${key.length} bytes, not ${KEY_BYTES}`);
    }
    if (byId.has(id)) throw new InvalidEncryptionKeys(`has two keys with the id "${id}"`);
    byId.set(id, createSecretKey(key));
  }
  const [current] = byId.keys();
  return current === undefined ? undefined : { current, byId };
}
