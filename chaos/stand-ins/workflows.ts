/** A workflow as one writes it by hand, with care: it cancels the jobs that it knows, and tries a failed one again. */
import {
  ApplicationFailure,
  CancellationScope,
  condition,
  defineSignal,
  isCancellation,
  proxyActivities,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { Unit } from '../plan/load.js';
import type * as activities from './activities.js';
import { ENDED_SIGNAL, type EndedSignal, type StandInInput } from './contract.js';

/** The SDK's default retries: again and again, 1 s to 100 s apart. */
const { submit, status, cancel } = proxyActivities<typeof activities>({ startToCloseTimeout: '1 minute' });

const CONCURRENCY = 40;
const TRIES = 3;

export async function standIn({ run, endpoint, stages, waitBy, hooks }: StandInInput): Promise<void> {
  const { workflowId } = workflowInfo();
  const ended = new Map<string, EndedSignal>();
  setHandler(defineSignal<[EndedSignal]>(ENDED_SIGNAL), (signal) => void ended.set(signal.key, signal));

  /** One job, from its submit to its end; returns how it ended. */
  async function once(unit: Unit, key: string): Promise<string> {
    const webhook = waitBy === 'webhook' ? { webhook: { hooks, token: { workflowId, key } } } : {};
    const { id } = await submit({ endpoint, input: { run, ...unit }, ...webhook });
    try {
      if (waitBy === 'webhook') {
        await condition(() => ended.has(key));
        return ended.get(key)?.status ?? '';
      }
      for (let reads = 1; ; reads++) {
        const read = await status({ endpoint, id });
        if (read.status !== 'IN_QUEUE' && read.status !== 'IN_PROGRESS') return read.status;
        await sleep(Math.min(1_000 * reads, 5_000));
      }
    } catch (error) {
      if (isCancellation(error)) await CancellationScope.nonCancellable(() => cancel({ endpoint, id }));
      throw error;
    }
  }

  async function untilCompleted(unit: Unit): Promise<void> {
    for (let tries = 1; ; tries++) {
      const end = await once(unit, `${unit.unit}/${tries}`).catch((error: unknown) => {
        if (isCancellation(error) || tries === TRIES) throw error;
        return 'LOST';
      });
      if (end === 'COMPLETED') return;
      if (tries === TRIES) throw ApplicationFailure.nonRetryable(`${unit.unit} is ${end}`);
    }
  }

  for (const units of stages) {
    await CancellationScope.cancellable(async () => {
      const queue = units.values();
      const turns = Array.from({ length: Math.min(CONCURRENCY, units.length) }, async () => {
        for (const unit of queue) await untilCompleted(unit);
      });
      try {
        await Promise.all(turns);
      } catch (error) {
        // What the others wait for is cancelled before the run fails.
        CancellationScope.current().cancel();
        await Promise.allSettled(turns);
        throw error;
      }
    });
  }
}
