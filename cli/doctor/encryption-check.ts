import type { DataConverter } from '@temporalio/common';
import {
  createDataConverter,
  ENCRYPTION_VARIABLE,
  InvalidEncryptionKeys,
  parseEncryptionKeys,
} from '../../encryption/index.js';
import { checkNamed, type Finding } from './finding.js';

/** Whether payloads are encrypted, and by which key; and how the other checks are to read them. */
export function checkEncryption(env: Readonly<Record<string, string | undefined>>): {
  readonly finding: Finding;
  readonly dataConverter: DataConverter;
} {
  const { ok, fail } = checkNamed('encryption');
  const text = env[ENCRYPTION_VARIABLE] ?? '';
  try {
    const keys = parseEncryptionKeys(text);
    const others = [...(keys?.byId.keys() ?? [])].filter((id) => id !== keys?.current).map((id) => `"${id}"`);
    const also = others.length === 0 ? '' : `; ${others.join(', ')} can be read too`;
    return {
      finding: ok(
        keys === undefined
          ? `off: ${ENCRYPTION_VARIABLE} is not set, and Temporal keeps inputs and outputs as they are`
          : `payloads are encrypted with the key "${keys.current}"${also}`,
      ),
      dataConverter: createDataConverter(text),
    };
  } catch (error) {
    if (!(error instanceof InvalidEncryptionKeys)) throw error;
    return { finding: fail(error.message), dataConverter: createDataConverter('') };
  }
}
