import { isTerminal } from '../../../job-api/index.js';
import type { Conversation } from '../conversation.js';
import { describeExchange, isRouteMissing } from '../probe.js';

/** Of a request that should be answered at the end of a quick job. */
const END_WAIT_MS = 60_000;
const HELD_MS = 2_000;
/** Less than that early is the clocks'; so much late is the network's. */
const EARLY_MS = 200;
const LATE_MS = 8_000;

/** `runSync` and `statusSync`: answers that are held. */
export async function checkWaits(talk: Conversation): Promise<void> {
  const { verdicts, probe, options } = talk;
  const { quick, slow } = options.samples;
  if (!probe.has('runSync')) verdicts.notThere('run-sync', 'the dialect has none');
  else {
    const waited = await talk.submitAndWait(quick, END_WAIT_MS);
    const { outcome } = waited;
    if (isRouteMissing(waited)) verdicts.notThere('run-sync', describeExchange(waited));
    else
      verdicts.holds(
        'run-sync',
        outcome.kind === 'value' && isTerminal(outcome.value.status),
        describeExchange(waited),
      );
  }
  if (!probe.has('statusSync')) {
    verdicts.notThere('long-poll', 'the dialect has none');
    verdicts.notThere('long-poll-holds', 'the dialect has none');
    return;
  }
  const place = await talk.jobOf(quick);
  if (place === undefined) return;
  const polled = await probe.statusSync(place, END_WAIT_MS);
  if (isRouteMissing(polled)) {
    verdicts.notThere('long-poll', describeExchange(polled));
    verdicts.notThere('long-poll-holds', describeExchange(polled));
    return;
  }
  const { outcome } = polled;
  verdicts.holds(
    'long-poll',
    outcome.kind === 'value' && isTerminal(outcome.value.status),
    `after ${Math.round(polled.elapsedMs)} ms ${describeExchange(polled)}`,
  );
  await checkHold(talk, slow ?? options.samples.unattended);
}

async function checkHold(talk: Conversation, sample: Conversation['options']['samples']['slow']): Promise<void> {
  const { verdicts, probe } = talk;
  const place = sample && (await talk.jobOf(sample));
  if (place === undefined) {
    verdicts.notChecked('long-poll-holds', 'needs a job that runs for ten seconds, or waits');
    return;
  }
  const held = await probe.statusSync(place, HELD_MS);
  const { outcome, elapsedMs } = held;
  const inTime = elapsedMs > HELD_MS - EARLY_MS && elapsedMs < HELD_MS + LATE_MS;
  verdicts.holds(
    'long-poll-holds',
    outcome.kind === 'value' && !isTerminal(outcome.value.status) && inTime,
    `asked to wait ${HELD_MS} ms, after ${Math.round(elapsedMs)} ms ${describeExchange(held)}`,
  );
  await probe.cancel(place);
}
