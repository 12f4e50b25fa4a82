import { isIP } from 'node:net';
import { Agent, request } from 'undici';
import { type Clock, sleep } from './clock.js';
import type { Job } from './job.js';
import { runpodJob } from './runpod-job.js';

/** Documented by RunPod; gaps of 5 s and 15 s were seen. */
export const DEFAULT_RETRY_DELAYS_MS: readonly number[] = [10_000, 10_000];

/** How long a receiver may take for an answer. RunPod's own limit is not documented. */
const ANSWER_TIMEOUT_MS = 30_000;

export interface WebhookOptions {
  readonly clock: Clock;
  readonly retryDelaysMs: readonly number[];
  readonly log: (line: string) => void;
}

/**
 * POSTs ended jobs to their webhooks as RunPod does: the job with its input, unsigned, once, and again after each delay
 * until a 2xx comes. Only to this machine: a pipeline under test must not reach a real receiver.
 */
export class WebhookSender {
  readonly #options: WebhookOptions;
  readonly #agent = new Agent({ headersTimeout: ANSWER_TIMEOUT_MS, bodyTimeout: ANSWER_TIMEOUT_MS });
  readonly #closing = new AbortController();

  constructor(options: WebhookOptions) {
    this.#options = options;
  }

  /** Sends in the background, where the job asked for it. Never throws. */
  send(job: Job): void {
    const { webhook } = job.request;
    if (webhook === undefined) return;
    if (!isLoopback(webhook)) {
      this.#options.log(`the webhook of job ${job.id} was not sent: the emulator only calls hosts on this machine`);
      return;
    }
    // Made now: a retry of the job may change it before the last try.
    const body = JSON.stringify({ ...runpodJob(job), input: job.request.input, webhook });
    void this.#deliver(job.id, webhook, body).catch(() => undefined);
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('the emulator is closing'));
    await this.#agent.destroy();
  }

  async #deliver(jobId: string, url: string, body: string): Promise<void> {
    const { clock, retryDelaysMs, log } = this.#options;
    for (const delayMs of [0, ...retryDelaysMs]) {
      if (delayMs > 0) await sleep(delayMs, { clock, signal: this.#closing.signal });
      if (await this.#post(url, body)) return;
    }
    log(`the webhook of job ${jobId} was given up after ${retryDelaysMs.length + 1} tries`);
  }

  async #post(url: string, body: string): Promise<boolean> {
    try {
      const answer = await request(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': 'Go-http-client/2.0' },
        body,
        dispatcher: this.#agent,
        signal: this.#closing.signal,
      });
      await answer.body.dump();
      return answer.statusCode >= 200 && answer.statusCode < 300;
    } catch {
      this.#closing.signal.throwIfAborted();
      return false;
    }
  }
}

function isLoopback(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { hostname, protocol } = new URL(url);
  if (protocol !== 'http:' && protocol !== 'https:') return false;
  return hostname === 'localhost' || hostname === '[::1]' || (isIP(hostname) === 4 && hostname.startsWith('127.'));
}
