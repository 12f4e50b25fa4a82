import type { Payload, PayloadCodec } from '@temporalio/common';
import { DecryptionFailed } from './errors.js';

/** How the SDK's payload converters write `undefined`. */
const NOTHING: Payload = { metadata: { encoding: Buffer.from('binary/null') } };

/** Reads what the codec can, and nothing in the place of what needs a key that is not there: for lists of runs of others too. */
export function readablePart(codec: PayloadCodec): PayloadCodec {
  const decodeOne = async (payload: Payload): Promise<Payload> => {
    try {
      const [decoded = NOTHING] = await codec.decode([payload]);
      return decoded;
    } catch (error) {
      if (error instanceof DecryptionFailed) return NOTHING;
      throw error;
    }
  };
  return { encode: (payloads) => codec.encode(payloads), decode: (payloads) => Promise.all(payloads.map(decodeOne)) };
}
