import { type ConnectionLike, WorkflowClient, type WorkflowExecutionInfo } from '@temporalio/client';
import { readablePart } from '../encryption/index.js';
import { OWN_RUN, type SearchAttributeName, USAGE_MEMO, type Usage, WORKFLOW_TYPES } from '../workflows/contract.js';
import { InvalidInput, TemporalUnreachable } from './errors.js';
import { type RunFacts, type RunState, toRunFacts } from './run-status.js';
import { translateError } from './translate-error.js';

/** Which runs: those that meet all that is given. */
export interface RunFilter {
  /** `workflow`: workflows of your own that run jobs. Absent: all three. */
  readonly type?: 'job' | 'pipeline' | 'workflow';
  readonly status?: RunState;
  /** The `name` of the definition. */
  readonly pipeline?: string;
  /** An endpoint of the run, as its author named it. */
  readonly endpoint?: string;
  /** The `tenant` of its input. */
  readonly tenant?: string;
  /** Those that started then or later. */
  readonly since?: Date;
  /** At most so many. Absent: all. */
  readonly limit?: number;
}

/** A run as Temporal's visibility knows it. */
export interface RunSummary extends RunFacts {
  /** The `name` of the definition, where it has one. */
  readonly pipeline?: string;
  /** As the author named them; absent where the namespace has not registered the search attribute. */
  readonly endpoints?: readonly string[];
  /** Whose run it is, where it says so. */
  readonly tenant?: string;
  /** Of a run with a tenant that has closed by itself. */
  readonly usage?: Usage;
  /** A job of it was not seen to end. */
  readonly unsettled?: true;
}

export interface ListContext {
  readonly workflows: WorkflowClient;
  readonly connection: ConnectionLike;
  readonly address: string;
  readonly namespace: string;
}

/** The most that Temporal gives in one answer. */
const MAX_PAGE = 1_000;

/** See `JobRelayClient.list`. No query orders them: visibility on SQL refuses ORDER BY. */
export async function* listRuns(filter: RunFilter, context: ListContext): AsyncGenerator<RunSummary, undefined> {
  const { limit = Number.POSITIVE_INFINITY } = filter;
  if (limit < 1) return;
  const query = runQuery(filter, await registeredAttributes(context));
  let count = 0;
  try {
    for await (const info of lister(context).list({ query, pageSize: Math.min(limit, MAX_PAGE) })) {
      yield toRunSummary(info);
      count += 1;
      if (count >= limit) return;
    }
  } catch (error) {
    throw translateError(error, context);
  }
}

/** One run whose memo needs a key that is not here must not hide the others. */
function lister({ workflows, connection, namespace }: ListContext): WorkflowClient {
  const payloadCodecs = workflows.options.loadedDataConverter.payloadCodecs.map(readablePart);
  return new WorkflowClient({ connection, namespace, dataConverter: { payloadCodecs } });
}

const EXECUTION_STATUS: Readonly<Record<RunState, string>> = {
  running: 'Running',
  completed: 'Completed',
  failed: 'Failed',
  cancelled: 'Canceled',
  terminated: 'Terminated',
  'timed-out': 'TimedOut',
};

/**
 * The query in Temporal's language. An attribute that the namespace has not registered may not even be named in it.
 *
 * @throws {InvalidInput} where the filter needs such an attribute, or a value that no query can hold.
 */
export function runQuery(
  { type, status, pipeline, endpoint, tenant, since }: RunFilter,
  registered: ReadonlySet<string>,
): string {
  const by = (field: string, name: SearchAttributeName, value: string): string => {
    if (registered.has(name)) return `${name} = ${quote(field, value)}`;
    throw new InvalidInput(
      field,
      `can't be asked for: the namespace has not registered the search attribute ${name} (see \`jobrelay doctor\`)`,
    );
  };
  const conditions = [
    ofType(type, registered.has('JobRelayRun'), () => by('type', 'JobRelayRun', OWN_RUN)),
    // The last of a chain stands for all of it, as it does for its workflow id.
    `ExecutionStatus ${status === undefined ? '!= "ContinuedAsNew"' : `= "${EXECUTION_STATUS[status]}"`}`,
    ...(pipeline === undefined ? [] : [by('pipeline', 'JobRelayPipeline', pipeline)]),
    ...(endpoint === undefined ? [] : [by('endpoint', 'JobRelayEndpoint', endpoint)]),
    ...(tenant === undefined ? [] : [by('tenant', 'JobRelayTenant', tenant)]),
    ...(since === undefined ? [] : [`StartTime >= "${since.toISOString()}"`]),
  ];
  return conditions.join(' AND ');
}

function ofType(type: RunFilter['type'], ownRunsAreKnown: boolean, own: () => string): string {
  if (type === 'workflow') return own();
  if (type !== undefined) return `WorkflowType = "${WORKFLOW_TYPES[type]}"`;
  const ours = `WorkflowType IN ("${WORKFLOW_TYPES.job}", "${WORKFLOW_TYPES.pipeline}")`;
  return ownRunsAreKnown ? `(${ours} OR ${own()})` : ours;
}

/** Temporal's visibility on SQLite (server of its CLI 1.9) finds no value with one of the two, however it is escaped. */
const NOT_FOUND_BY_QUERY = /["\\]/;

function quote(field: string, text: string): string {
  if (!NOT_FOUND_BY_QUERY.test(text)) return `"${text}"`;
  throw new InvalidInput(field, 'holds a double quote or a backslash, by which Temporal finds nothing: leave it out');
}

/** Empty where the server does not tell, as one may that lets only its own tools ask. */
async function registeredAttributes({ connection, address, namespace }: ListContext): Promise<ReadonlySet<string>> {
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    return new Set(Object.keys(customAttributes ?? {}));
  } catch (error) {
    const known = translateError(error, { address, namespace });
    if (known instanceof TemporalUnreachable) throw known;
    return new Set();
  }
}

function toRunSummary(info: WorkflowExecutionInfo): RunSummary {
  const attributes: ReadonlyMap<string, unknown> = new Map(
    info.typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]),
  );
  const attribute = (name: SearchAttributeName) => attributes.get(name);
  const pipeline = attribute('JobRelayPipeline');
  const endpoints = attribute('JobRelayEndpoint');
  const tenant = attribute('JobRelayTenant');
  return {
    ...toRunFacts(info),
    ...(typeof pipeline === 'string' && { pipeline }),
    ...(Array.isArray(endpoints) && { endpoints: endpoints as readonly string[] }),
    ...(typeof tenant === 'string' && { tenant }),
    ...(info.memo?.[USAGE_MEMO] !== undefined && { usage: info.memo[USAGE_MEMO] as Usage }),
    ...(attribute('JobRelayUnsettled') === true && { unsettled: true }),
  };
}
