/** Encryption of what Temporal keeps. For workers, clients and the command line; no workflow loads it. */
export { EncryptionCodec } from './codec.js';
export { createDataConverter, encodesFailures } from './data-converter.js';
export { decodePayload } from './decode-payload.js';
export { DecryptionFailed, ENCRYPTION_VARIABLE, InvalidEncryptionKeys } from './errors.js';
export { parseEncryptionKeys } from './keys.js';
export { readablePart } from './readable-part.js';
