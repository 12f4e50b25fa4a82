import type { Conversation } from '../conversation.js';
import { describeExchange, isRefused } from '../probe.js';

/** Bodies that the client itself would not send. */
export async function checkSizes(talk: Conversation): Promise<void> {
  const { verdicts, probe, options } = talk;
  const { run, runSync } = probe.dialect.maxBodyBytes;
  if (!options.largeBodies) {
    verdicts.notChecked('size-run', 'large bodies were not asked for');
    verdicts.notChecked('size-run-sync', 'large bodies were not asked for');
    return;
  }
  const sized = (bytes: number) => ({ input: { jobrelay: 'x'.repeat(bytes) } });
  const asynchronous = await talk.submit(sized(run));
  verdicts.holds('size-run', isRefused(asynchronous, 'PayloadTooLarge'), describeExchange(asynchronous));
  if (!probe.has('runSync')) {
    verdicts.notThere('size-run-sync', 'the dialect has none');
    return;
  }
  const synchronous = await talk.submitAndWait(sized(runSync), 1_000);
  verdicts.holds('size-run-sync', isRefused(synchronous, 'PayloadTooLarge'), describeExchange(synchronous));
}
