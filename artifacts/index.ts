/** Stored values: the store, and values that hold references to it. For the worker, the client and the command line. */
export { collectRefs } from './collect-refs.js';
export { createLimiter } from './concurrency.js';
export { createStore, type S3StoreSettings, type StoreSettings } from './create-store.js';
export {
  ArtifactCorrupt,
  ArtifactError,
  ArtifactMissing,
  ArtifactReferenceInvalid,
  StoreUnavailable,
  ValueTooLarge,
} from './errors.js';
export { type ExternalizeOptions, externalize, storeJson } from './externalize.js';
export { fileNameFor } from './file-name.js';
export { createFileStore } from './file-store.js';
export { loadStored } from './load-stored.js';
export { makeFolder } from './make-folder.js';
export { isDigest, isMediaType, readReference, referenceTo } from './reference.js';
export { type RehydrateOptions, rehydrate } from './rehydrate.js';
export { type ArtifactRef, type ArtifactStore, RENEW_AFTER_MS, type StoreDriver } from './store.js';
export { appendToLog, EMPTY_LOG, readLog, type StreamLog, sealLog, toStreamLog } from './stream-log.js';
