import { RunCancelled } from '../client/errors.js';
import type { Run } from '../client/run.js';
import { announceApprovals, type TemporalPlace } from './describe-approval.js';
import { onInterrupt } from './interrupt.js';
import type { Session } from './session.js';

export type RunOutcome<Result> =
  | { readonly kind: 'completed'; readonly run: Run<Result>; readonly result: Result }
  /** Ctrl-C, and everything is settled as the error tells. */
  | { readonly kind: 'interrupted'; readonly error: RunCancelled; readonly exitCode: number };

/**
 * Starts a run and shows its progress until it is closed. Ctrl-C cancels it and waits until its jobs are settled; a
 * second one leaves at once.
 *
 * @param left what becomes of the run then.
 * @param place where another command finds the run.
 * @throws what `Run.result` throws.
 */
export async function followRun<Result>(
  start: () => Promise<Run<Result>>,
  { process, output }: Session,
  left: string,
  place: TemporalPlace,
): Promise<RunOutcome<Result>> {
  let run: Run<Result> | undefined;
  let cancelling: Promise<unknown> | undefined;
  const interrupt = onInterrupt({
    signals: process.signals,
    now: process.now,
    first() {
      output.note(`Cancelling: the run settles its remote jobs first. Ctrl-C again leaves at once, and ${left}.`);
      cancelling = run?.cancel();
      // Seen when it is awaited below; until then it is not unhandled.
      cancelling?.catch(() => {});
    },
    leave: process.exit,
  });
  const view = output.progress();
  try {
    run = await start();
    // The signal may have come while the start was on its way.
    if (interrupt.exitCode !== undefined) await run.cancel();
    const announce = announceApprovals(run.workflowId, place, output.note);
    for await (const progress of run.watch()) {
      view.update(progress);
      announce(progress);
    }
    await cancelling;
    return { kind: 'completed', run, result: await run.result() };
  } catch (error) {
    if (interrupt.exitCode === undefined || !(error instanceof RunCancelled)) throw error;
    return { kind: 'interrupted', error, exitCode: interrupt.exitCode };
  } finally {
    view.done();
    interrupt.dispose();
  }
}
