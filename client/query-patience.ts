import { deadlinePassed } from './translate-error.js';

/** A worker that is not busy answers within milliseconds. */
const FIRST_MS = 1_000;

/**
 * Puts a query until it is answered, or `timeoutMs` are over. Put once, it may never be: of two queries of a closed run that
 * come at once, such as that of a person who looks at it in the UI meanwhile, the SDK's core drops one now and then without a
 * word, and Temporal waits until its time is over (SDK 1.24: 2 to 8 of a hundred in a trial). A query only reads, so it can be
 * put again; each time it gets twice as long, and the last time whatever is left.
 *
 * @param put with the time by which it has to end, in milliseconds since 1970
 */
export async function queryPatiently<Answer>(
  timeoutMs: number,
  put: (deadline: number) => Promise<Answer>,
): Promise<Answer> {
  let left = timeoutMs;
  for (let part = FIRST_MS; 2 * part <= left; part *= 2) {
    const deadline = Date.now() + part;
    try {
      return await put(deadline);
    } catch (error) {
      if (!deadlinePassed(error, deadline)) throw error;
    }
    left -= part;
  }
  return await put(Date.now() + left);
}
