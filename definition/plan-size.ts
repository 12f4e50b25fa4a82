import type { Problem } from './problems.js';

/** A plan goes into the history of every run, beside an input of up to 64 KiB; nothing there is to pass 256 KiB. */
const MAX_KIB = 128;

/** What is too large to be recorded with each run, said of `what` ("the definition is"). */
export function problemsOfSize(what: string, value: unknown): readonly Problem[] {
  const kib = Math.ceil(Buffer.byteLength(JSON.stringify(value) ?? '') / 1024);
  if (kib <= MAX_KIB) return [];
  return [
    { path: [], message: `${what} ${kib} KiB; at most ${MAX_KIB} KiB are taken: pass large values in the input` },
  ];
}
