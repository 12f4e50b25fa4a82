import { DefaultLogger, type LogEntry, Runtime } from '@temporalio/worker';

let installed = false;

/** The SDK's runtime is one a process; the signals are the command line's, which drains in its own order. */
export function installRuntime(log: (line: string) => void): void {
  if (installed) return;
  installed = true;
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger('WARN', (entry) => {
      const line = lineOf(entry);
      if (line !== undefined) log(line);
    }),
    telemetryOptions: { logging: { forward: {}, filter: 'temporal_client=WARN,temporal_sdk_core=WARN' } },
  });
}

/** What an operator needs of an entry, in one line. */
function lineOf({ level, message, meta }: LogEntry): string | undefined {
  // The worker of the await queue has no workflows on purpose.
  if (message.startsWith('No workflows registered')) return undefined;
  const { activityType, activityId, workflowId, attempt, error, ...rest } = (meta ?? {}) as Record<string, unknown>;
  const where = [activityType, activityId, workflowId && `of ${workflowId}`, attempt && `attempt ${attempt}`];
  const facts = activityType === undefined && Object.keys(rest).length > 0 ? [JSON.stringify(rest)] : [];
  const why = error instanceof Error ? [error.message] : [];
  return [`${level.toLowerCase()}: ${message}`, ...where.filter(Boolean), ...facts, ...why].join(' ');
}
