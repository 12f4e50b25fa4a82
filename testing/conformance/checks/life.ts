import { whyNotId } from '../../../job-api/http/wire-id.js';
import type { RemoteJob } from '../../../job-api/index.js';
import type { Conversation } from '../conversation.js';
import { describeExchange, type JobPlace } from '../probe.js';

/** The way of one job from its submit to its end. Resolves with it where it completed. */
export async function checkLife(talk: Conversation): Promise<JobPlace | undefined> {
  const { verdicts, options, probe } = talk;
  const { quick } = options.samples;
  const submitted = await talk.submit(quick);
  const { outcome, place } = submitted;
  const accepted = outcome.kind === 'value' ? outcome.value : undefined;
  const begins = ['IN_QUEUE', 'IN_PROGRESS', 'COMPLETED'];
  verdicts.holds('run', accepted !== undefined && begins.includes(accepted.status), describeExchange(submitted));
  if (accepted === undefined || place === undefined) return undefined;

  const second = (await talk.jobOf(quick))?.jobId;
  const wrongId = [accepted.jobId, second ?? ''].map(whyNotId).find((why) => why !== undefined);
  verdicts.holds(
    'run-id',
    wrongId === undefined && second !== accepted.jobId,
    wrongId ?? `two submits were answered with the id ${accepted.jobId}`,
  );
  if (options.provider.dialect === 'gateway') {
    verdicts.holds('run-endpoint', accepted.endpointId !== undefined, 'there is no header x-runpod-endpoint-id');
  } else verdicts.notThere('run-endpoint', 'only a gateway chooses');

  const first = await probe.status(place);
  verdicts.holds('status', first.outcome.kind === 'value', describeExchange(first));

  const seen = [wordOf(accepted), ...(first.outcome.kind === 'value' ? [wordOf(first.outcome.value)] : [])];
  const ended = await talk.read(place, (job) => {
    seen.push(wordOf(job));
    return hasEnded(job);
  });
  verdicts.holds('status-order', goesForward(seen), `it was ${withoutRepeats(seen).join(', then ')}`);
  const { delayTimeMs, executionTimeMs } = ended;
  verdicts.holds(
    'status-times',
    delayTimeMs !== undefined && executionTimeMs !== undefined,
    `delayTime is ${delayTimeMs ?? 'missing'}, executionTime ${executionTimeMs ?? 'missing'}`,
  );
  const again = await probe.status(place);
  const same = again.outcome.kind === 'value' && JSON.stringify(again.outcome.value) === JSON.stringify(ended);
  const completed = ended.status === 'COMPLETED' && ended.output !== undefined;
  verdicts.holds(
    'status-end',
    same && completed,
    completed
      ? `first ${brief(ended)}, then ${describeExchange(again)}`
      : `it ended as ${brief(ended)}: the sample should complete with an output`,
  );
  return completed ? place : undefined;
}

const ORDER = ['IN_QUEUE', 'IN_PROGRESS'];
const ENDS = ['COMPLETED', 'FAILED', 'CANCELLED', 'TIMED_OUT'];

function hasEnded({ status }: RemoteJob): boolean {
  return ENDS.includes(status);
}

function wordOf({ status, rawStatus }: RemoteJob): string {
  return rawStatus ?? status;
}

function withoutRepeats(words: readonly string[]): string[] {
  return words.filter((word, index) => word !== words[index - 1]);
}

/** A word that is not known is neither. */
function goesForward(seen: readonly string[]): boolean {
  const places = withoutRepeats(seen).map((word) => (ENDS.includes(word) ? ORDER.length : ORDER.indexOf(word)));
  return places.every((at, index) => at >= 0 && at > (places[index - 1] ?? -1));
}

function brief(job: RemoteJob): string {
  return JSON.stringify(job).slice(0, 200);
}
