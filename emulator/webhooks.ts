import { type Clock, sleep } from './clock.js';
import type { Job } from './job.js';
import { isLoopback, type LocalPost } from './local-post.js';
import { runpodJob } from './runpod-job.js';

/** Documented by RunPod; gaps of 5 s and 15 s were seen. */
export const DEFAULT_RETRY_DELAYS_MS: readonly number[] = [10_000, 10_000];

export interface WebhookOptions {
  readonly clock: Clock;
  readonly post: LocalPost;
  readonly retryDelaysMs: readonly number[];
  readonly log: (line: string) => void;
}

/**
 * POSTs ended jobs to their webhooks as RunPod does: the job with its input, unsigned, once, and again after each delay
 * until a 2xx comes. Only to this machine: a pipeline under test must not reach a real receiver.
 */
export class WebhookSender {
  readonly #options: WebhookOptions;

  constructor(options: WebhookOptions) {
    this.#options = options;
  }

  /** Sends in the background, where the job asked for it. Never throws. */
  send(job: Job): void {
    const { webhook } = job.request;
    if (webhook === undefined || job.faults.webhook === 'never') return;
    if (!isLoopback(webhook)) {
      this.#options.log(`the webhook of job ${job.id} was not sent: the emulator only calls hosts on this machine`);
      return;
    }
    // Made now: a retry of the job may change it before the last try.
    const body = JSON.stringify({ ...runpodJob(job), input: job.request.input, webhook });
    void this.#deliver(job, webhook, body).catch(() => undefined);
  }

  async #deliver({ id, faults }: Job, url: string, body: string): Promise<void> {
    const { clock, post, retryDelaysMs, log } = this.#options;
    for (const delayMs of [faults.webhookDelayMs, ...retryDelaysMs]) {
      if (delayMs > 0) await sleep(delayMs, { clock, signal: post.closing });
      if (await this.#post(url, body)) {
        if (faults.webhook === 'twice') await this.#post(url, body);
        return;
      }
    }
    log(`the webhook of job ${id} was given up after ${retryDelaysMs.length + 1} tries`);
  }

  #post(url: string, body: string): Promise<boolean> {
    return this.#options.post.send(url, { body, headers: { 'user-agent': 'Go-http-client/2.0' } });
  }
}
