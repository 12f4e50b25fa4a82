import type { Conversation } from '../conversation.js';
import { describeExchange, type JobPlace } from '../probe.js';

/** A cancel of a job that has not ended, and one of a job that has. */
export async function checkCancel(talk: Conversation, completed: JobPlace | undefined): Promise<void> {
  const { verdicts, probe, options } = talk;
  const { slow, unattended } = options.samples;
  const sample = slow ?? unattended;
  const place = sample && (await talk.jobOf(sample));
  if (place === undefined) verdicts.notChecked('cancel', 'needs a job that runs for ten seconds, or waits');
  else {
    // One that runs is the harder case.
    if (slow !== undefined) await talk.read(place, ({ status }) => status !== 'IN_QUEUE');
    const answered = await probe.cancel(place);
    if (answered.outcome.kind === 'error') verdicts.holds('cancel', false, describeExchange(answered));
    else {
      const { status } = await talk.read(place);
      verdicts.holds('cancel', status === 'CANCELLED', `it ended as ${status}`);
    }
  }
  if (completed === undefined) return;
  const late = await probe.cancel(completed);
  const after = await probe.status(completed);
  // Whether it is refused, or answered with the job, no document says: its result has to stay.
  const stays = after.outcome.kind === 'value' && after.outcome.value.status === 'COMPLETED';
  verdicts.holds('cancel-ended', stays, `${describeExchange(late)}, and then ${describeExchange(after)}`);
}
