import { RUNPOD_LIMITS } from '../job-api/limits/limits.js';
import type { NestedSettings, StepPlan } from '../workflows/plan.js';
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
  const byName = new Map(forecasts.map((forecast) => [forecast.name, forecast]));
  const parts = new Map(steps.map((step) => [step.name, estimateStep(step, byName.get(step.name))]));
  const endpoints = new Map<string, Range>();
  for (const load of [...parts.values()].flatMap((part) => part.endpoints)) {
    endpoints.set(load.endpoint, sum([endpoints.get(load.endpoint) ?? NONE, load.jobs]));
  }
  const all = sum([...parts.values()].map(({ jobs }) => jobs));
  const paths = longestPaths(steps, (name) => parts.get(name)?.leastMs ?? 0, 'end');
  return {
    jobs: all,
    leastRequests: all.min * REQUESTS_OF_A_JOB,
    endpoints: [...endpoints].map(([endpoint, range]) => ({ endpoint, jobs: range })),
    leastMs: Math.max(0, ...paths.values(), ...[...endpoints.values()].map(({ min }) => leastMs(min))),
  };
}

type Part = Pick<Estimate, 'jobs' | 'endpoints' | 'leastMs'>;

function estimateStep({ job, nested }: StepPlan, forecast: StepForecast | undefined): Part {
  if (nested !== undefined) return estimateNested(nested, forecast);
  const [target] = job?.targets ?? [];
  if (target === undefined) return { jobs: NONE, endpoints: [], leastMs: 0 };
  const jobs = runsOf(forecast);
  return {
    jobs,
    endpoints: [{ endpoint: `${target.provider}/${target.endpointId}`, jobs }],
    leastMs: leastMs(jobs.min),
  };
}

function estimateNested({ pipeline }: NestedSettings, forecast: StepForecast | undefined): Part {
  if (pipeline.kind === 'stored') return { jobs: NONE, endpoints: [], leastMs: 0 };
  const certain = runsOf(forecast).min > 0;
  const known = forecast?.items !== 'unknown';
  const runs = (forecast?.nested ?? []).map(({ times, forecast: { steps } }) => {
    const { jobs, endpoints, leastMs: each } = estimate(pipeline.plan.steps, steps);
    const scaled = (range: Range) => scale(range, certain ? times : 0, known ? times : undefined);
    return {
      jobs: scaled(jobs),
      endpoints: endpoints.map((load) => ({ ...load, jobs: scaled(load.jobs) })),
      leastMs: certain ? each : 0,
    };
  });
  return {
    jobs: sum(runs.map(({ jobs }) => jobs)),
    endpoints: runs.flatMap(({ endpoints }) => endpoints),
    leastMs: Math.max(0, ...runs.map((run) => run.leastMs)),
  };
}

/** How often the body of a step is run: its jobs, or its nested pipelines. */
function runsOf(forecast: StepForecast | undefined): Range {
  if (forecast?.fate !== 'runs') return NONE;
  const { items, dependsOn } = forecast;
  if (items === 'unknown') return { min: 0 };
  const count = items ?? 1;
  return { min: dependsOn.length > 0 ? 0 : count, max: count };
}

/** So many times at least and at most; without a bound where there is none. */
function scale({ min, max }: Range, least: number, most: number | undefined): Range {
  if (max === 0) return NONE;
  return { min: min * least, ...(max !== undefined && most !== undefined && { max: max * most }) };
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
