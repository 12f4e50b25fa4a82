import { Context } from '@temporalio/activity';

const EVERY_MS = 3_000;

/** Runs something that has no steps of its own to report, and heartbeats until it ends. */
export async function withHeartbeats<T>(details: unknown, body: () => Promise<T>): Promise<T> {
  // Taken here: in a timer's callback the activity's context may be gone (temporal.md 8.3).
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat(details), EVERY_MS);
  try {
    return await body();
  } finally {
    clearInterval(timer);
  }
}
