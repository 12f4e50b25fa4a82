import { classifyEnd, isTerminal } from '../../../job-api/index.js';
import type { Conversation } from '../conversation.js';
import { describeExchange, isRefused, type JobPlace } from '../probe.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
/** The shortest that RunPod takes. */
const EXECUTION_TIMEOUT_MS = 5 * SECOND_MS;
const TTL_MS = 10 * SECOND_MS;
const WHY_NOT = 'takes minutes: not waited for';

/** What time does to jobs. Last of all: it does it to every job. */
export async function checkLifetime(talk: Conversation): Promise<void> {
  const { verdicts, options } = talk;
  const { passTime } = options;
  if (passTime === undefined) {
    for (const check of ['execution-timeout', 'ttl', 'retention', 'retention-sync'] as const) {
      verdicts.notChecked(check, WHY_NOT);
    }
    return;
  }
  await checkExecutionTimeout(talk, passTime);
  await checkTtl(talk, passTime);
  await checkRetention(talk, passTime);
}

type PassTime = (ms: number) => Promise<void>;

async function checkExecutionTimeout(talk: Conversation, passTime: PassTime): Promise<void> {
  const { verdicts, options } = talk;
  const { slow } = options.samples;
  const place = slow && (await talk.jobOf(slow, { policy: { executionTimeoutMs: EXECUTION_TIMEOUT_MS } }));
  if (place === undefined) {
    verdicts.notChecked('execution-timeout', 'needs a job that runs for ten seconds');
    return;
  }
  await talk.read(place, ({ status }) => status !== 'IN_QUEUE');
  await passTime(EXECUTION_TIMEOUT_MS);
  const ended = await talk.read(place);
  verdicts.holds('execution-timeout', classifyEnd(ended).kind === 'RunTimeout', JSON.stringify(ended).slice(0, 200));
}

async function checkTtl(talk: Conversation, passTime: PassTime): Promise<void> {
  const { verdicts, probe, options } = talk;
  const { unattended } = options.samples;
  const place = unattended && (await talk.jobOf(unattended, { policy: { ttlMs: TTL_MS } }));
  if (place === undefined) {
    verdicts.notChecked('ttl', 'needs an endpoint without workers');
    return;
  }
  await passTime(TTL_MS + 5 * SECOND_MS);
  const after = await probe.status(place);
  const timedOut = after.outcome.kind === 'value' && after.outcome.value.status === 'TIMED_OUT';
  verdicts.holds('ttl', timedOut || isRefused(after, 'JobNotFound'), describeExchange(after));
}

/** Both at once, since the time for the one is more than enough for the other. */
async function checkRetention(talk: Conversation, passTime: PassTime): Promise<void> {
  const { options, probe } = talk;
  const { quick } = options.samples;
  const place = await talk.jobOf(quick);
  if (place !== undefined) await talk.read(place);
  const sync = probe.has('runSync') ? await talk.submitAndWait(quick, MINUTE_MS) : undefined;
  const early: ('retention' | 'retention-sync')[] = [];
  const expect = async (
    check: 'retention' | 'retention-sync',
    job: JobPlace | undefined,
    kept: boolean,
    after: string,
  ) => {
    if (job === undefined) return;
    const read = await probe.status(job);
    const found = read.outcome.kind === 'value' && isTerminal(read.outcome.value.status);
    const right = kept ? found : isRefused(read, 'JobNotFound');
    if (kept && right) return;
    if (kept) early.push(check);
    talk.verdicts.holds(check, right && !early.includes(check), `${after} it is ${describeExchange(read)}`);
  };
  if (!probe.has('runSync')) talk.verdicts.notThere('retention-sync', 'the dialect has none');
  await passTime(30 * SECOND_MS);
  await expect('retention-sync', sync?.place, true, 'after half a minute');
  await passTime(5 * MINUTE_MS);
  await expect('retention-sync', sync?.place, false, 'after five minutes');
  await passTime(23 * MINUTE_MS);
  await expect('retention', place, true, 'after 29 minutes');
  await passTime(2 * MINUTE_MS);
  await expect('retention', place, false, 'after half an hour');
}
