import type { ArtifactStore } from '../artifacts/index.js';
import type { OpenClient, Session } from './session.js';

/**
 * Connects for the time of one command.
 *
 * @param store what the command reads that is stored apart
 * @throws {TemporalUnreachable | AccessDenied}, and what the body throws.
 */
export async function withClient<T>(
  { openClient }: Pick<Session, 'openClient'>,
  body: (opened: OpenClient) => Promise<T>,
  store?: ArtifactStore,
): Promise<T> {
  const opened = await openClient(store);
  try {
    return await body(opened);
  } finally {
    await opened.close();
  }
}
