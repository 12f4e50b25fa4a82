import type { OpenClient, Session } from './session.js';

/**
 * Connects for the time of one command.
 *
 * @throws {TemporalUnreachable | AccessDenied}, and what the body throws.
 */
export async function withClient<T>(
  { openClient }: Pick<Session, 'openClient'>,
  body: (opened: OpenClient) => Promise<T>,
): Promise<T> {
  const opened = await openClient();
  try {
    return await body(opened);
  } finally {
    await opened.close();
  }
}
