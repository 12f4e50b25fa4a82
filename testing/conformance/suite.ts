import { CHECKS, type CheckName } from './catalogue.js';
import { checkAccess } from './checks/access.js';
import { checkCancel } from './checks/cancel.js';
import { checkLife } from './checks/life.js';
import { checkLifetime } from './checks/lifetime.js';
import { checkQueue } from './checks/queue.js';
import { checkFailure } from './checks/retry.js';
import { checkSizes } from './checks/sizes.js';
import { checkStream } from './checks/stream.js';
import { checkUnknownJob } from './checks/unknown-job.js';
import { checkWaits } from './checks/waits.js';
import { checkWebhook } from './checks/webhook.js';
import { Conversation, NotEnded } from './conversation.js';
import type { ConformanceOptions } from './options.js';
import { Probe } from './probe.js';
import { type ConformanceReport, Verdicts } from './report.js';

/**
 * Checks a deployment against its dialect, by jobs that it submits: about a dozen, which cost what such jobs cost there.
 * Those that do not end by themselves are cancelled. Nothing that belongs to others is touched, unless `ownsQueue`.
 *
 * Throws `InvalidRequest` for a provider, and `Unauthorized` for a key, that can't be one, and the signal's reason. What
 * the deployment does is told by the report alone.
 *
 * @example
 * const report = await checkConformance({
 *   provider: { name: 'mine', dialect: 'runpod', baseUrl: 'http://127.0.0.1:8080/v2' },
 *   apiKey: 'any',
 *   endpointId: 'echo',
 *   samples: { quick: { input: { text: 'a' } } },
 * });
 * assert.deepEqual(report.results.filter(({ verdict }) => verdict === 'differs'), []);
 */
export async function checkConformance(options: ConformanceOptions): Promise<ConformanceReport> {
  const verdicts = new Verdicts(options.onResult ?? (() => {}));
  const { provider, apiKey, signal } = options;
  const probe = new Probe({ provider, apiKey }, signal);
  const talk = new Conversation(options, probe, verdicts);
  try {
    await talkOver(talk);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    await talk.settle();
    await probe.close();
  }
  const results = verdicts.results();
  return {
    dialect: provider.dialect,
    endpointId: options.endpointId,
    conforms: results.every(({ verdict }) => verdict !== 'differs'),
    jobs: talk.submitted,
    results,
  };
}

async function talkOver(talk: Conversation): Promise<void> {
  await checkAccess(talk);
  await checkUnknownJob(talk);
  const completed = await within(talk, 'status-end', () => checkLife(talk));
  // Where not one job was accepted there is no more to see.
  if (talk.submitted === 0) return;
  await checkQueue(talk);
  await within(talk, 'long-poll', () => checkWaits(talk));
  await within(talk, 'stream', () => checkStream(talk));
  await within(talk, 'cancel', () => checkCancel(talk, completed));
  await within(talk, 'failure', () => checkFailure(talk, completed));
  await within(talk, 'webhook', () => checkWebhook(talk));
  await checkSizes(talk);
  await within(talk, 'execution-timeout', () => checkLifetime(talk));
}

/** A job that does not end leaves open what was to be seen at its end. */
async function within<T>(talk: Conversation, check: CheckName, body: () => Promise<T>): Promise<T | undefined> {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof NotEnded)) throw error;
    talk.verdicts.holds(check, false, `${CHECKS[check].what}: ${error.message}`);
    return undefined;
  }
}
