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
  const { activityType, activityId, workflowType, workflowId, attempt, error, ...rest } = (meta ?? {}) as Facts;
  const what = activityType === undefined ? [workflowType] : [activityType, activityId];
  const where = [...what, workflowId && `of ${workflowId}`, attempt && `attempt ${attempt}`].filter(Boolean);
  const facts = where.length === 0 && Object.keys(rest).length > 0 ? [JSON.stringify(rest)] : [];
  const why = error instanceof Error ? [`(${error.message})`] : [];
  return [`${level.toLowerCase()}: ${message}`, ...where, ...facts, ...why].join(' ');
}

/** What the SDK puts beside a message, as far as a person can use it. */
type Facts = Readonly<
  Partial<Record<'activityType' | 'activityId' | 'workflowType' | 'workflowId' | 'attempt' | 'error', unknown>>
>;
