import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { AwaitJobRequest, CompletedJob } from '../../activities/contract.js';
import { type ActivityCall, runActivity } from '../run-activity.js';
import type { JobMail } from './job-mail.js';

/** As often as a provider tries: a wait that begins anew takes six events of the history. */
const WAKES_MAX = 3;

/**
 * Awaits a job whose webhook may come to another process than the one that waits: a running activity can be reached from
 * here by its end alone, so the wait is left, and begins anew with a read. One that is left reads on in its process until
 * its next heartbeat, and nobody hears what it says.
 */
export async function awaitWoken(
  request: Omit<AwaitJobRequest, 'webhook'>,
  call: ActivityCall & { readonly activityId: string },
  mail: JobMail,
): Promise<CompletedJob> {
  for (let wakes = 0; ; wakes++) {
    const scope = new CancellationScope({ cancellable: true });
    const arrived = mail.hasArrived;
    let left = false;
    mail.listen(() => {
      if (wakes >= WAKES_MAX) return;
      left = true;
      scope.cancel();
    });
    try {
      return await scope.run(() =>
        runActivity(
          'awaitJob',
          { ...request, webhook: { submit: mail.submit, ...(arrived && { arrived }) } },
          { ...call, activityId: wakes === 0 ? call.activityId : `${call.activityId}.${wakes}` },
        ),
      );
    } catch (error) {
      if (!left || !isCancellation(error) || CancellationScope.current().consideredCancelled) throw error;
    } finally {
      mail.listen(() => undefined);
    }
  }
}
