import type { Inspection, NestedForecast, Range, StepForecast } from '../definition/index.js';
import { RUNPOD_LIMITS } from '../job-api/limits/limits.js';
import type { ApprovalSettings, JobSettings, NestedSettings, StepPlan } from '../workflows/plan.js';
import { briefJson } from './brief-json.js';
import { count } from './describe-run.js';
import { tableLines } from './table.js';

/** Inputs of one step that are shown to people; programs get all. */
const SHOWN_BODIES = 3;

/** The steps by level, and what they ask of the endpoints. */
export function describeGraph(
  { plan, forecast, estimate }: Inspection,
  levels: readonly (readonly string[])[],
): string {
  const forecasts = byName(forecast.steps);
  const steps = byName(plan.steps);
  const rows = levels.flatMap((level, depth) =>
    level.flatMap((name, at) => {
      const step = steps.get(name);
      if (step === undefined) return [];
      const forecast = forecasts.get(name);
      const row = stepRow(step, forecast, '');
      return [[at === 0 ? String(depth + 1) : '', ...row], ...nestedRows(step, forecast, '  ')];
    }),
  );
  return [
    `${plan.name ?? 'unnamed'}: ${count(plan.steps.length, 'step')} on ${count(levels.length, 'level')}; those of one level run side by side`,
    ...tableLines(rows).map((line) => `  ${line}`),
    `where nothing fails: ${describeJobs(estimate.jobs)}, at least ${count(estimate.leastRequests, 'request')}`,
    ...tableLines(estimate.endpoints.map(({ endpoint, jobs }) => [endpoint, describeJobs(jobs)])).map(
      (line) => `  ${line}`,
    ),
    `${DOCUMENTED_LIMITS} ${describeLeast(estimate.leastMs)}`,
    ...(plan.budget === undefined ? [] : [`budget of a run: ${describeBudget(plan.budget)}`]),
  ].join('\n');
}

/** `20 jobs and $5, then nothing more is submitted and it fails` */
function describeBudget({ jobs, costUsd }: NonNullable<Inspection['plan']['budget']>): string {
  const parts = [
    ...(jobs === undefined ? [] : [count(jobs, 'job')]),
    ...(costUsd === undefined ? [] : [`$${costUsd}`]),
  ];
  return `${parts.join(' and ')}; then nothing more is submitted, and it fails`;
}

function stepRow(step: StepPlan, forecast: StepForecast | undefined, indent: string): readonly string[] {
  const waits = step.needs.length === 0 ? '' : `after ${step.needs.join(', ')}`;
  return [`${indent}${step.name}`, describeWork(step, forecast), waits];
}

/** The steps of a nested pipeline, under it. Of a `forEach`, with what is known of its first item. */
function nestedRows(
  { nested }: StepPlan,
  forecast: StepForecast | undefined,
  indent: string,
): readonly (readonly string[])[] {
  if (nested?.pipeline.kind !== 'compiled') return [];
  const forecasts = byName(forecast?.nested?.[0]?.forecast.steps ?? []);
  return nested.pipeline.plan.steps.flatMap((step) => {
    const inner = forecasts.get(step.name);
    return [['', ...stepRow(step, inner, indent)], ...nestedRows(step, inner, `${indent}  `)];
  });
}

function describeWork(step: StepPlan, forecast: StepForecast | undefined): string {
  const { kind, job, nested, approval, forEach, concurrency } = step;
  const what =
    job !== undefined
      ? `job on ${describeTargets(job)}`
      : approval
        ? describeApproval(approval)
        : `${kind}${named(nested)}`;
  const items = typeof forecast?.items === 'number' ? ` of ${forecast.items}` : ' item';
  return [
    forEach === undefined ? what : `${what}, for each${items}${approval ? '' : `, ${concurrency} at once`}`,
    ...(forecast?.fate === 'skipped' ? ['skipped'] : []),
    ...(forecast?.dependsOn.length ? ['where its condition holds'] : []),
  ].join(', ');
}

/** `approval within 24h, else rejected` */
function describeApproval({ timeoutMs, onTimeout, onReject }: ApprovalSettings): string {
  const expired = { reject: 'rejected', approve: 'approved', fail: 'failed' }[onTimeout];
  return `approval within ${describeMs(timeoutMs)}, else ${expired}${onReject === 'fail' ? ', fails where rejected' : ''}`;
}

function describeTargets({ targets }: JobSettings): string {
  return [...new Set(targets.map(({ endpoint }) => endpoint))].join(', else ');
}

/** What each step would submit. */
export function describeDryRun({ plan, forecast }: Inspection): string {
  return describeSteps(plan, forecast).join('\n');
}

function describeSteps({ steps }: Inspection['plan'], forecast: Inspection['forecast']): readonly string[] {
  const forecasts = byName(forecast.steps);
  const lines = steps.flatMap((step) => {
    const found = forecasts.get(step.name);
    return found === undefined ? [] : describeForecast(step, found);
  });
  return [...lines, ...(forecast.output === undefined ? [] : [`output: ${briefJson(forecast.output)}`])];
}

function describeForecast(step: StepPlan, forecast: StepForecast): readonly string[] {
  const { fate, dependsOn, items, bodies } = forecast;
  const fates = {
    runs: dependsOn.length === 0 ? '' : `, if ${dependsOn.join(' and ')} will have it`,
    skipped: ', skipped',
    fails: ', fails',
  };
  const head = `${step.name}: ${describeAmount(step, items)}${fates[fate]}`;
  if (fate !== 'runs') return [head];
  const shown = bodies.slice(0, SHOWN_BODIES);
  const isList = typeof items === 'number';
  return [
    head,
    ...(step.job === undefined ? [] : describeSettings(step.job)),
    ...shown.map((body, at) => `  ${isList ? `[${at}] ` : ''}${briefJson(body)}`),
    ...(bodies.length > shown.length ? [`  and ${bodies.length - shown.length} more`] : []),
    ...describeNested(step, forecast),
  ];
}

/** What a nested pipeline would submit; of several, the first. */
function describeNested({ nested }: StepPlan, { nested: runs = [] }: StepForecast): readonly string[] {
  const [first] = runs;
  if (nested?.pipeline.kind !== 'compiled' || first === undefined) return [];
  const { plan } = nested.pipeline;
  const lines = describeSteps(plan, first.forecast);
  const isOneOfSeveral = runs.length > 1 || first.times > 1;
  return [
    ...(isOneOfSeveral ? ['  in the first of them:'] : []),
    ...lines.map((line) => `  ${isOneOfSeveral ? '  ' : ''}${line}`),
  ];
}

function describeAmount({ kind, job, nested, concurrency }: StepPlan, items: StepForecast['items']): string {
  const unit = { job: 'job', set: 'value', approval: 'approval', pipeline: 'pipeline' }[kind];
  const amount =
    items === undefined
      ? `${unit === 'approval' ? 'an' : 'a'} ${unit}`
      : items === 'unknown'
        ? `${unit}s for items not yet known`
        : count(items, unit);
  const where = job === undefined ? named(nested) : ` on ${describeTargets(job)}`;
  return `${amount}${where}${items === undefined || kind === 'approval' ? '' : `, ${concurrency} at once`}`;
}

function named(nested: StepPlan['nested']): string {
  return nested?.name === undefined ? '' : ` ${nested.name}`;
}

function describeSettings({ targets, timeouts, retry, hedge, onAmbiguousSubmit }: JobSettings): readonly string[] {
  const { backoff } = retry;
  const pause = backoff === undefined ? '' : `, ${describeMs(backoff.firstMs)} to ${describeMs(backoff.maxMs)} apart`;
  const { queueMs, runMs, totalMs } = timeouts;
  const total = totalMs === undefined ? '' : `, total ${describeMs(totalMs)}`;
  return [
    `  tried in this order: ${targets.map(({ provider, endpointId, model }) => `${provider}/${endpointId}${model === undefined ? '' : ` (model ${model})`}`).join(', ')}`,
    `  timeouts: queue ${describeMs(queueMs)}, run ${describeMs(runMs)}${total}`,
    `  extra jobs allowed: platform ${retry.platform}, queue ${retry.queue}, handler ${retry.handler}${pause}; on an ambiguous submit: ${onAmbiguousSubmit}`,
    ...(hedge === undefined ? [] : [describeHedge(targets, hedge)]),
  ];
}

/** Said of each step that has them, since they cost without a failure. */
function describeHedge({ length }: JobSettings['targets'], hedge: NonNullable<JobSettings['hedge']>): string {
  const { afterMs, max } = hedge;
  const where = length > 1 ? 'on the next endpoint' : 'on the same endpoint';
  return `  where slow: ${max === 1 ? 'a further job' : `up to ${max} further jobs`} ${where} after ${describeMs(afterMs)}, which ${max === 1 ? 'is' : 'are'} billed too until cancelled`;
}

function describeJobs({ min, max }: Range): string {
  if (max === min) return count(min, 'job');
  if (max !== undefined) return `${min} to ${count(max, 'job')}`;
  return min === 0 ? 'jobs whose number shows when it runs' : `at least ${count(min, 'job')}`;
}

const DOCUMENTED_LIMITS = `RunPod's documented limits, ${RUNPOD_LIMITS.submit.requests} submits and ${RUNPOD_LIMITS.read.requests} reads in ${RUNPOD_LIMITS.windowMs / 1000} s on an endpoint,`;

function describeLeast(leastMs: number): string {
  return leastMs === 0 ? 'do not slow it down' : `make it take at least ${describeMs(leastMs)}`;
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
] as const;

/** As `jobrelay.yaml` takes it: `90s`, `5m`. */
function describeMs(ms: number): string {
  const unit = UNITS.find(([, length]) => ms >= length && ms % length === 0);
  return unit === undefined ? `${ms / 1000}s` : `${ms / unit[1]}${unit[0]}`;
}

function byName<Named extends { readonly name: string }>(items: readonly Named[]): ReadonlyMap<string, Named> {
  return new Map(items.map((item) => [item.name, item]));
}

/** The steps for programs: the plan, and what is known of each before it runs. */
export function stepDocuments(
  { plan, forecast }: Pick<Inspection, 'plan' | 'forecast'>,
  withBodies: boolean,
): readonly object[] {
  const forecasts = byName(forecast.steps);
  return plan.steps.map((step) => {
    const { name, kind, needs, job, nested, approval, forEach, concurrency, tolerate, onError, when } = step;
    const { fate, dependsOn, items, bodies, nested: runs } = forecasts.get(name) ?? {};
    return {
      ...{ name, kind, needs, fate, onError },
      ...(when !== undefined && { when, dependsOn }),
      ...(forEach !== undefined && { forEach, concurrency, tolerate, items }),
      ...(job !== undefined && { job }),
      ...(approval !== undefined && { approval }),
      ...(nested !== undefined && { pipeline: nestedDocument(nested, runs ?? [], withBodies) }),
      ...(withBodies && {
        [{ job: 'inputs', set: 'values', approval: 'messages', pipeline: 'inputs' }[kind]]: bodies,
      }),
    };
  });
}

function nestedDocument(
  { pipeline, name, definition, totalMs }: NestedSettings,
  runs: readonly NestedForecast[],
  withBodies: boolean,
): object {
  return {
    ...(name !== undefined && { name }),
    ...(definition !== undefined && { definition }),
    ...(totalMs !== undefined && { totalMs }),
    ...(pipeline.kind === 'compiled' && {
      runs: runs.map(({ times, forecast }) => ({
        times,
        steps: stepDocuments({ plan: pipeline.plan, forecast }, withBodies),
        ...(withBodies && forecast.output !== undefined && { output: forecast.output }),
      })),
    }),
  };
}
