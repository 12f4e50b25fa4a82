import { DefaultLogger, type LogEntry, Runtime } from '@temporalio/worker';

/** Where Prometheus may ask a worker. */
export interface MetricsAddress {
  readonly host: string;
  readonly port: number;
}

let installed = false;

/**
 * The SDK's runtime is one a process; the signals are the command line's, which drains in its own order.
 *
 * @param metrics - of the first worker of the process alone: where its metrics, and those of the others, are told
 */
export function installRuntime(log: (line: string) => void, metrics?: MetricsAddress): void {
  if (installed) return;
  installed = true;
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger('INFO', (entry) => {
      const line = lineOf(entry);
      if (line !== undefined) log(line);
    }),
    telemetryOptions: {
      logging: { forward: {}, filter: 'temporal_client=WARN,temporal_sdk_core=WARN' },
      ...(metrics && { metrics: { prometheus: { bindAddress: `${metrics.host}:${metrics.port}` } } }),
    },
  });
}

/** What an operator needs of an entry, in one line; of what is no warning, only what an activity of ours says. */
export function lineOf({ level, message, meta }: Pick<LogEntry, 'level' | 'message' | 'meta'>): string | undefined {
  // The worker of the await queue has no workflows on purpose.
  if (message.startsWith('No workflows registered')) return undefined;
  const { activityType, activityId, workflowType, workflowId, attempt, error, sdkComponent, ...rest } = (meta ??
    {}) as Facts;
  if (level === 'INFO' && sdkComponent !== 'activity') return undefined;
  const what = activityType === undefined ? [workflowType] : [activityType, activityId];
  const where = [...what, workflowId && `of ${workflowId}`, attempt && `attempt ${attempt}`].filter(Boolean);
  const told = Object.fromEntries(Object.entries(rest).filter(([name]) => where.length === 0 || !OF_THE_SDK.has(name)));
  const facts = Object.keys(told).length > 0 ? [JSON.stringify(told)] : [];
  const why = error instanceof Error ? [`(${error.message})`] : [];
  return [`${level.toLowerCase()}: ${message}`, ...where, ...facts, ...why].join(' ');
}

/** Beside the names below: where in the SDK an entry comes from, which says nothing to whoever has its ids. */
const OF_THE_SDK: ReadonlySet<string> = new Set([
  'activityRunId',
  'isLocal',
  'namespace',
  'runId',
  'taskQueue',
  'taskToken',
  'workflowRunId',
]);

/** What the SDK puts beside a message, as far as a person can use it. */
type Facts = Readonly<
  Partial<
    Record<
      'activityType' | 'activityId' | 'workflowType' | 'workflowId' | 'attempt' | 'error' | 'sdkComponent',
      unknown
    >
  >
>;
