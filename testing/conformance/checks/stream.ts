import type { JsonValue } from '../../../job-api/index.js';
import type { Conversation } from '../conversation.js';
import { describeExchange, isRouteMissing } from '../probe.js';

const WAIT_MS = 1_000;
/** Chunks may come in several reads. */
const MAX_READS = 1_000;

/** What a generator yields. Read once the job has ended, when all of it is there. */
export async function checkStream(talk: Conversation): Promise<void> {
  const { verdicts, probe, options } = talk;
  const { generator } = options.samples;
  if (!probe.has('stream')) {
    verdicts.notThere('stream', 'the dialect has none');
    verdicts.notThere('stream-once', 'the dialect has none');
    return;
  }
  const place = generator && (await talk.jobOf(generator));
  if (place === undefined) {
    verdicts.notChecked('stream', 'needs a job whose handler is a generator');
    verdicts.notChecked('stream-once', 'needs a job whose handler is a generator');
    return;
  }
  const { output } = await talk.read(place);
  const outputs: JsonValue[] = [];
  for (let reads = 0; reads < MAX_READS; reads += 1) {
    const read = await probe.stream(place, WAIT_MS);
    if (read.outcome.kind === 'error') {
      if (isRouteMissing(read)) verdicts.notThere('stream', describeExchange(read));
      else verdicts.holds('stream', false, describeExchange(read));
      return;
    }
    const { chunks } = read.outcome.value;
    if (chunks.length === 0) break;
    outputs.push(...chunks.map((chunk) => chunk.output));
  }
  // The output is the list of them only where the handler says so.
  const inOrder = !Array.isArray(output) || output.length === 0 || JSON.stringify(output) === JSON.stringify(outputs);
  const seen =
    outputs.length === 0 ? 'there is none' : `the output is ${brief(output)}, and the stream ${brief(outputs)}`;
  verdicts.holds('stream', outputs.length > 0 && inOrder, seen);
  const after = await probe.stream(place, WAIT_MS);
  const empty = after.outcome.kind === 'value' && after.outcome.value.chunks.length === 0;
  verdicts.holds('stream-once', empty, describeExchange(after));
}

function brief(value: JsonValue | undefined): string {
  return (JSON.stringify(value) ?? 'none').slice(0, 200);
}
