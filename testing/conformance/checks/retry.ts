import type { Conversation } from '../conversation.js';
import { describeExchange, isRefused, isRouteMissing, type JobPlace } from '../probe.js';

const AFTER_RETRY = ['IN_QUEUE', 'IN_PROGRESS', 'FAILED'];

/** How a failure looks, and what may be retried. */
export async function checkFailure(talk: Conversation, completed: JobPlace | undefined): Promise<void> {
  const { verdicts, probe, options } = talk;
  const { failing } = options.samples;
  const place = failing && (await talk.jobOf(failing));
  if (place === undefined) {
    verdicts.notChecked('failure', 'needs a job whose handler fails');
    verdicts.notChecked('retry', 'needs a job whose handler fails');
  } else {
    const { status, error } = await talk.read(place);
    const failed = status === 'FAILED';
    verdicts.holds(
      'failure',
      failed && error !== undefined,
      `${status}, with ${error === undefined ? 'no error' : 'an error'}`,
    );
    if (failed && probe.has('retry')) await checkRetry(talk, place);
  }
  if (!probe.has('retry')) {
    verdicts.notThere('retry', 'the dialect has none');
    verdicts.notThere('retry-completed', 'the dialect has none');
    return;
  }
  if (completed === undefined) return;
  const refused = await probe.retry(completed);
  if (isRouteMissing(refused)) verdicts.notThere('retry-completed', describeExchange(refused));
  else verdicts.holds('retry-completed', isRefused(refused, 'InvalidRequest'), describeExchange(refused));
}

async function checkRetry(talk: Conversation, place: JobPlace): Promise<void> {
  const { verdicts, probe } = talk;
  const retried = await probe.retry(place);
  const { outcome } = retried;
  if (isRouteMissing(retried)) verdicts.notThere('retry', describeExchange(retried));
  else
    verdicts.holds(
      'retry',
      outcome.kind === 'value' && AFTER_RETRY.includes(outcome.value.status),
      describeExchange(retried),
    );
  if (outcome.kind === 'value') await talk.read(place);
}
