import { RunCancelled } from '../client/errors.js';
import type { Run } from '../client/run.js';
import { announceApprovals, type TemporalPlace } from './describe-approval.js';
import { onInterrupt } from './interrupt.js';
import { type Followed, printStream } from './print-stream.js';
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
 * @param followed the stream that is printed in the place of the progress.
 * @throws what `Run.result` throws.
 */
export async function followRun<Result>(
  start: () => Promise<Run<Result>>,
  session: Session,
  left: string,
  place: TemporalPlace,
  followed?: Followed,
): Promise<RunOutcome<Result>> {
  const { process, output } = session;
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
  // Bars that are drawn anew would run through the text of a stream.
  const view = followed === undefined ? output.progress() : undefined;
  let printed: Promise<void> | undefined;
  try {
    run = await start();
    // The signal may have come while the start was on its way.
    if (interrupt.exitCode !== undefined) await run.cancel();
    const announce = announceApprovals(run.workflowId, place, output.note);
    printed = followed && printStream(run, followed, session);
    printed?.catch(() => {});
    for await (const progress of run.watch()) {
      view?.update(progress);
      announce(progress);
    }
    await printed;
    await cancelling;
    return { kind: 'completed', run, result: await run.result() };
  } catch (error) {
    await printed?.catch(() => {});
    if (interrupt.exitCode === undefined || !(error instanceof RunCancelled)) throw error;
    return { kind: 'interrupted', error, exitCode: interrupt.exitCode };
  } finally {
    view?.done();
    interrupt.dispose();
  }
}
