import { RUNPOD_LIMITS } from '../job-api/limits.js';
import type { StepPlan } from '../workflows/plan.js';
import type { StepForecast } from './dry-run.js';
import { longestPaths } from './graph.js';

/** A number of jobs that is not certain before the run. */
export interface Range {
  readonly min: number;
  /** Absent where nothing bounds it yet: a `forEach` over what another step yields. */
  readonly max?: number;
}

/** What an endpoint is asked for when nothing fails. */
export interface EndpointLoad {
  /** `provider/endpointId` */
  readonly endpoint: string;
  readonly jobs: Range;
}

/** What a run asks of its endpoints when nothing fails and the first endpoint of each step takes all its jobs. */
export interface Estimate {
  readonly jobs: Range;
  /** For the certain jobs: a submit and a read each. A job that takes longer is read more often. */
  readonly leastRequests: number;
  readonly endpoints: readonly EndpointLoad[];
  /** What the documented limits alone make the certain jobs take, in ms; the jobs' own time comes on top. */
  readonly leastMs: number;
}

const REQUESTS_OF_A_JOB = 2;
const NONE: Range = { min: 0, max: 0 };

export function estimate(steps: readonly StepPlan[], forecasts: readonly StepForecast[]): Estimate {
  const jobs = new Map(forecasts.map((forecast, at) => [forecast.name, jobsOf(steps[at]?.kind, forecast)]));
  const endpoints = new Map<string, Range>();
  for (const { name, job } of steps) {
    const [target] = job?.targets ?? [];
    if (target === undefined) continue;
    const endpoint = `${target.provider}/${target.endpointId}`;
    endpoints.set(endpoint, sum([endpoints.get(endpoint) ?? NONE, jobs.get(name) ?? NONE]));
  }
  const all = sum([...jobs.values()]);
  const paths = longestPaths(steps, (name) => leastMs(jobs.get(name)?.min ?? 0), 'end');
  return {
    jobs: all,
    leastRequests: all.min * REQUESTS_OF_A_JOB,
    endpoints: [...endpoints].map(([endpoint, range]) => ({ endpoint, jobs: range })),
    leastMs: Math.max(0, ...paths.values(), ...[...endpoints.values()].map(({ min }) => leastMs(min))),
  };
}

function jobsOf(kind: StepPlan['kind'] | undefined, { fate, dependsOn, items }: StepForecast): Range {
  if (kind !== 'job' || fate !== 'runs') return NONE;
  if (items === 'unknown') return { min: 0 };
  const count = items ?? 1;
  return { min: dependsOn.length > 0 ? 0 : count, max: count };
}

/** Until the last of so many jobs has been submitted and read, at the limits of one endpoint. */
export function leastMs(jobs: number): number {
  const { submit, read, windowMs } = RUNPOD_LIMITS;
  const windowsBefore = Math.floor(Math.max(0, jobs - 1) / Math.min(submit.requests, read.requests));
  return windowsBefore * windowMs;
}

function sum(ranges: readonly Range[]): Range {
  return ranges.reduce((total, { min, max }) => {
    const bound = total.max === undefined || max === undefined ? undefined : total.max + max;
    return { min: total.min + min, ...(bound !== undefined && { max: bound }) };
  }, NONE);
}
