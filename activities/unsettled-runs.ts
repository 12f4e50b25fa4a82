/** Which runs may have left a job behind, in Temporal's query language. */
import type { OWN_RUN, SearchAttributeName, WORKFLOW_TYPES } from '../workflows/contract.js';

/** Each type that starts jobs; the compiler asks for a new one. */
const TYPES: Readonly<Record<Exclude<keyof typeof WORKFLOW_TYPES, 'reap'>, true>> = {
  job: true,
  pipeline: true,
  slice: true,
  nested: true,
};
const OWN: typeof OWN_RUN = 'workflow';

export interface UnsettledRuns {
  readonly taskQueue: string;
  /** Those that the namespace has: no query may name another, and without them it goes by the workflow type alone. */
  readonly registered: readonly SearchAttributeName[];
}

/** Runs that closed in the given time without settling what they had started, or said that they had not. */
export function closedUnsettledQuery(runs: UnsettledRuns, from: Date, to: Date): string {
  const ended = 'ExecutionStatus IN ("Terminated", "TimedOut")';
  const left = runs.registered.includes('JobRelayUnsettled') ? `(${ended} OR JobRelayUnsettled = true)` : ended;
  return `${ofRuns(runs)} AND ${left} AND CloseTime BETWEEN "${from.toISOString()}" AND "${to.toISOString()}"`;
}

/** Open runs that say so; undefined where none can. */
export function openUnsettledQuery(runs: UnsettledRuns): string | undefined {
  if (!runs.registered.includes('JobRelayUnsettled')) return undefined;
  return `${ofRuns(runs)} AND JobRelayUnsettled = true AND ExecutionStatus = "Running"`;
}

function ofRuns({ taskQueue, registered }: UnsettledRuns): string {
  const types = `WorkflowType IN (${Object.keys(TYPES)
    .map((type) => `"${type}"`)
    .join(', ')})`;
  const ofAnyone = registered.includes('JobRelayRun') ? `(${types} OR JobRelayRun = "${OWN}")` : types;
  return `TaskQueue = "${taskQueue}" AND ${ofAnyone}`;
}
