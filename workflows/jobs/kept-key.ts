import type { Attempt } from '../contract.js';

/**
 * The key that the next submit of a job takes over, by which its handler knows the work; undefined: it gets one of its own.
 * What came before may have done the work, unseen, until a handler has said that it failed: what is tried then is new.
 *
 * @param attempts - of this job alone: the same key for another input would bring its result
 * @param kept - that of the last submit
 */
export function keptKey(attempts: readonly Attempt[], kept: string | undefined): string | undefined {
  const { class: failed, correlationKey = kept } = attempts.at(-1) ?? {};
  return failed === 'handler' ? undefined : correlationKey;
}
