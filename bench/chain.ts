import { randomUUID } from 'node:crypto';
import { BASELINE_QUEUE } from './baseline/worker.js';
import type { Bench, Bound, Report } from './bench.js';
import { time } from './overhead.js';
import { medianInterval, quantile, summarise } from './statistics.js';

const STEPS = 50;
const ROUNDS = 12;
const WARM_UP = 2;

/**
 * A pipeline of 50 small steps in a chain, against workflow code that does the same by hand: a job on an endpoint that
 * answers at once, its input made from the output before it, and the next. By hand twice: with JobRelay's activities, which
 * keep the same promises, so that the difference is what the interpreter costs; and with plain ones, a submit and a loop,
 * which lose a job where a worker dies between its submit and the answer. The rounds before those that count make the
 * endpoint known as one that ends jobs in a moment. In turns, one run at a time; ratios are taken turn by turn, so that a
 * machine that drifts does not matter.
 */
export async function chain({ stack, relay, temporal, note }: Bench): Promise<Report> {
  const url = `${stack.emulator}/v2/echo`;
  const definition = { version: 1, steps: chainOf(STEPS), output: `{% $steps.s${STEPS}.output.n %}` };
  const byHand = (type: string) => async () => {
    const options = { taskQueue: BASELINE_QUEUE, workflowId: randomUUID(), args: [{ url, steps: STEPS }] };
    expectLast(await temporal.workflow.execute(type, options));
  };
  const ways = {
    pipeline: async () => expectLast((await (await relay.start('pipeline', { definition })).result()).output),
    plain: byHand('chain'),
    sameActivities: byHand('chainOfJobs'),
  };

  const perStep = { pipeline: [] as number[], plain: [] as number[], sameActivities: [] as number[] };
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    for (const way of turnsOf(round)) {
      const took = await time(ways[way]);
      if (round >= 0) perStep[way].push(took / STEPS);
    }
    note(`round ${round} of ${ROUNDS}`);
  }

  const ratio = (way: Way) => perStep.pipeline.map((ours, round) => ours / (perStep[way][round] ?? Number.NaN));
  return {
    rows: [
      { name: 'pipeline, a step', unit: 'ms', ...summarise(perStep.pipeline) },
      { name: 'by hand, plain activities, a step', unit: 'ms', ...summarise(perStep.plain) },
      { name: "by hand, JobRelay's activities, a step", unit: 'ms', ...summarise(perStep.sameActivities) },
      { name: 'pipeline / plain activities, by round', unit: 'x', ...summarise(ratio('plain'), 2) },
      { name: "pipeline / JobRelay's activities, by round", unit: 'x', ...summarise(ratio('sameActivities'), 2) },
    ],
    bounds: [
      bound("a step / a step by hand with JobRelay's activities, p50 of the rounds", ratio('sameActivities')),
      bound('a step / a step by hand with plain activities, p50 of the rounds', ratio('plain')),
    ],
  };
}

function bound(what: string, ratios: readonly number[]): Bound {
  return { what, measured: quantile(ratios, 0.5), atMost: 1.3, interval: medianInterval(ratios) };
}

type Way = 'pipeline' | 'plain' | 'sameActivities';

/** Each round begins with another, so that none always runs behind the same one. */
function turnsOf(round: number): readonly Way[] {
  const ways: readonly Way[] = ['pipeline', 'plain', 'sameActivities'];
  const first = (round + WARM_UP) % ways.length;
  return [...ways.slice(first), ...ways.slice(0, first)];
}

function chainOf(length: number) {
  const steps = Array.from({ length }, (_, at) => {
    const n = at === 0 ? 1 : `{% $steps.s${at}.output.n + 1 %}`;
    return [`s${at + 1}`, { endpoint: 'local/echo', input: { n } }];
  });
  return Object.fromEntries(steps) as Record<string, { endpoint: string; input: { n: number | string } }>;
}

function expectLast(output: unknown): void {
  if (output !== STEPS) throw new Error(`expected ${STEPS} at the end of the chain, got ${JSON.stringify(output)}`);
}
