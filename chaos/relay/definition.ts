/** The planned runs in JobRelay's words. Pure. */
import type { JsonObject, JsonValue } from '../../job-api/json.js';
import type { PlannedRun, Unit } from '../plan/load.js';
import type { JobMark } from '../world/provider.js';

/** What a workflow of JobRelay is started with. */
export interface RelayStart {
  readonly type: 'job' | 'pipeline';
  readonly workflowId: string;
  readonly input: JsonObject;
}

/** As often as the stand-ins try a job that failed; more for what the platform loses. */
const SETTINGS = { timeouts: { queue: '5m', run: '8m' }, retry: { platform: 4, queue: 2, handler: 2 } } as const;
/** Of the items of a step: one that fails, since its submit got no answer twice, does not end all the others. */
const TOLERATED = '10%';

/** The largest number of jobs that a run has under way at once. */
const CONCURRENCY = 40;

export function relayStart(
  { shape, stages, id }: Pick<PlannedRun, 'shape' | 'stages' | 'id'>,
  prefix: string,
  endpoint: string,
): RelayStart {
  const run = `${prefix}-${id}`;
  const [first] = stages;
  if (shape === 'job' && first?.[0] !== undefined) {
    const input = { endpoint: `local/${endpoint}`, input: mark(first[0], run), ...SETTINGS };
    return { type: 'job', workflowId: run, input };
  }
  const items = Object.fromEntries(stages.map((units, n) => [`s${n}`, units.map((unit) => mark(unit, run))]));
  const steps = stages.map((units, n) => stepOf(n, units, endpoint));
  const definition = { version: 1, name: `chaos-${shape}`, defaults: SETTINGS, steps: Object.fromEntries(steps) };
  if (shape !== 'nested') return { type: 'pipeline', workflowId: run, input: { definition, input: items } };
  const around = {
    version: 1,
    name: 'chaos-around',
    steps: { inner: { pipeline: definition, input: '{% $input %}' } },
  };
  return { type: 'pipeline', workflowId: run, input: { definition: around, input: items } };
}

function stepOf(n: number, units: readonly Unit[], endpoint: string): [string, JsonObject] {
  const step: JsonObject = {
    forEach: `{% [$input.s${n}] %}`,
    concurrency: CONCURRENCY,
    endpoint: `local/${endpoint}`,
    input: '{% $item %}',
    ...(units.some(({ fails }) => fails) ? {} : { tolerate: TOLERATED }),
  };
  return [`s${n}`, n === 0 ? step : { ...step, needs: [`s${n - 1}`] }];
}

function mark({ unit, ms, fails }: Unit, run: string): Record<string, JsonValue> {
  return { run, unit, ms, fails } satisfies JobMark;
}
