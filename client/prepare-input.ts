import { type ArtifactStore, externalize } from '../artifacts/index.js';
import type { JsonObject } from '../job-api/json.js';
import { checkSize, jsonBytes } from './json-input.js';
import { refuseWrittenCredentials } from './written-credentials.js';

/** Temporal refuses a start of 2 MiB (a limit of the namespace); the rest is room for what travels with the input. */
const MAX_START_BYTES = 1.5 * 1024 * 1024;
/** Up to here an input stays as it is, for a person to read in the Temporal UI. */
const PLAIN_MAX_BYTES = 64 * 1024;
/** With its large leaves replaced, an input over this becomes an artifact as a whole. */
const INLINE_MAX_BYTES = 256 * 1024;

/**
 * A run's input as it travels: its field `input`, where large, with artifacts in the place of its large values.
 *
 * @throws {InputTooLarge}
 * @throws {InvalidInput} for credentials of storage that are written out
 */
export async function prepareInput(runInput: JsonObject, store: ArtifactStore | undefined): Promise<JsonObject> {
  refuseWrittenCredentials(runInput);
  const { input } = runInput;
  if (store === undefined || input === undefined || jsonBytes(input) <= PLAIN_MAX_BYTES) {
    checkSize(runInput, MAX_START_BYTES);
    return runInput;
  }
  const stored = await externalize(input, store, { inlineMaxBytes: INLINE_MAX_BYTES, foreign: false });
  const prepared = { ...runInput, input: stored };
  checkSize(prepared, MAX_START_BYTES);
  return prepared;
}
