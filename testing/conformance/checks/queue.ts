import type { Conversation } from '../conversation.js';
import { describeExchange, isRefused, isRouteMissing, type JobPlace } from '../probe.js';

/** What an endpoint counts, and what empties its queue. */
export async function checkQueue(talk: Conversation): Promise<void> {
  const { verdicts, probe, options } = talk;
  if (!probe.has('health')) verdicts.notThere('health', 'the dialect has none');
  else {
    const health = await probe.health(options.endpointId);
    const { outcome } = health;
    if (isRouteMissing(health)) verdicts.notThere('health', describeExchange(health));
    else if (outcome.kind === 'error') verdicts.holds('health', false, describeExchange(health));
    else if (outcome.value.jobs.inQueue === undefined || outcome.value.workers.running === undefined) {
      verdicts.notThere(
        'health',
        `it counts ${describeExchange(health)}: waiting jobs are read more often than need be`,
      );
    } else verdicts.holds('health', true, '');
  }
  if (!probe.has('purgeQueue')) {
    verdicts.notThere('purge', 'the dialect has none');
    verdicts.notThere('purge-effect', 'the dialect has none');
  } else if (options.ownsQueue) await checkPurge(talk);
  else {
    verdicts.notChecked('purge', 'would remove the jobs of others');
    verdicts.notChecked('purge-effect', 'would remove the jobs of others');
  }
}

async function checkPurge(talk: Conversation): Promise<void> {
  const { verdicts, probe, options } = talk;
  const { unattended } = options.samples;
  const queued: JobPlace[] = [];
  for (let count = 0; unattended !== undefined && count < 2; count += 1) {
    const place = await talk.jobOf(unattended);
    if (place !== undefined) queued.push(place);
  }
  const purged = await probe.purge(queued[0]?.endpointId ?? options.endpointId);
  const { outcome } = purged;
  if (isRouteMissing(purged)) {
    verdicts.notThere('purge', describeExchange(purged));
    return;
  }
  const enough = outcome.kind === 'value' && outcome.value.removed >= queued.length;
  verdicts.holds('purge', enough, describeExchange(purged));
  const [first] = queued;
  if (first === undefined) verdicts.notChecked('purge-effect', 'needs an endpoint without workers');
  else {
    const after = await probe.status(first);
    const cancelled = after.outcome.kind === 'value' && after.outcome.value.status === 'CANCELLED';
    verdicts.holds('purge-effect', cancelled || isRefused(after, 'JobNotFound'), describeExchange(after));
  }
}
