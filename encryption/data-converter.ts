import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import { EncryptionCodec } from './codec.js';
import { ENCRYPTION_VARIABLE } from './errors.js';
import { parseEncryptionKeys } from './keys.js';

const ENCODED_FAILURES = fileURLToPath(new URL('./encoded-failures.cjs', import.meta.url));

/**
 * How payloads are written and read: encrypted where there are keys, messages and stacks of failures included. Give it to
 * Temporal clients and workers of your own. What bundles workflows ahead takes its `failureConverterPath` too.
 *
 * @param keys as `JOBRELAY_ENCRYPTION_KEYS` holds them, which is read where this is absent
 * @throws {InvalidEncryptionKeys}
 * @example
 * const client = new Client({ connection, dataConverter: createDataConverter() });
 */
export function createDataConverter(keys: string | undefined = process.env[ENCRYPTION_VARIABLE]): DataConverter {
  const parsed = parseEncryptionKeys(keys);
  return {
    payloadCodecs: [new EncryptionCodec(parsed)],
    ...(parsed !== undefined && { failureConverterPath: ENCODED_FAILURES }),
  };
}

/** Whether messages and stacks of failures are encrypted too, as workflows have to know. */
export function encodesFailures({ failureConverterPath }: DataConverter): boolean {
  return failureConverterPath === ENCODED_FAILURES;
}
