import { whyNotId } from '../../job-api/http/wire-id.js';

/** What is kept of a body: the job's id is in it, beside an input and an output that may be large. */
const KEPT_BYTES = 1_048_576;
/** RunPod's limits of an input and of an output together. A body over it is not read to its end. */
export const BODY_MAX_BYTES = 32 * 1_048_576;
const ID_MAX_LENGTH = 200;

/** More than any provider sends. */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
}

/**
 * The id of the job that a webhook's body is about; undefined where it does not tell. Reads the body in any case, and
 * forgets what is more than a job of usual size: the job is woken all the same.
 *
 * @throws {BodyTooLarge}
 */
export async function readJobId(body: AsyncIterable<Buffer>): Promise<string | undefined> {
  let kept: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > BODY_MAX_BYTES) throw new BodyTooLarge(`a body of more than ${BODY_MAX_BYTES} bytes`);
    if (bytes <= KEPT_BYTES) kept.push(chunk);
    else kept = [];
  }
  return jobIdIn(Buffer.concat(kept).toString());
}

function jobIdIn(text: string): string | undefined {
  try {
    const { id } = Object(JSON.parse(text)) as { readonly id?: unknown };
    return typeof id === 'string' && id.length <= ID_MAX_LENGTH && whyNotId(id) === undefined ? id : undefined;
  } catch {
    return undefined;
  }
}
