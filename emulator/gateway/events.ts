import { createHmac, randomUUID } from 'node:crypto';
import type { Clock } from '../clock.js';
import { isLoopback, type LocalPost } from '../local-post.js';
import type { Surface } from './routing.js';

/** How long the gateway waits for a receiver. */
const TIMEOUT_MS = 8_000;

type EventName = 'job.processing' | 'job.completed' | 'job.failed';

interface Subscription {
  readonly url: string;
  readonly surface: Surface;
  readonly requestId: string;
  sent: EventName | undefined;
}

export interface GatewayEventsOptions {
  readonly clock: Clock;
  readonly post: LocalPost;
  /** The key of the signature. */
  readonly secret: string;
  readonly log: (line: string) => void;
}

/**
 * The gateway's own webhooks (`webhook_url`): signed, tried once, and noticed only when somebody reads the job's status
 * through the gateway, which is why nobody should wait for one.
 */
export class GatewayEvents {
  readonly #clock: Clock;
  readonly #post: LocalPost;
  readonly #secret: string;
  readonly #log: (line: string) => void;
  readonly #subscriptions = new Map<string, Subscription>();

  constructor({ clock, post, secret, log }: GatewayEventsOptions) {
    this.#log = log;
    this.#clock = clock;
    this.#post = post;
    this.#secret = secret;
  }

  subscribe(jobId: string, { url, surface }: { url: string; surface: Surface }): void {
    if (!isLoopback(url)) {
      this.#log(`the webhook_url of job ${jobId} will not be called: the emulator only calls hosts on this machine`);
      return;
    }
    this.#subscriptions.set(jobId, { url, surface, requestId: randomUUID(), sent: undefined });
  }

  /** Sends the event that this status is, if it was not sent before. In the background; never throws. */
  observe(jobId: string, body: Readonly<Record<string, unknown>>): void {
    const subscription = this.#subscriptions.get(jobId);
    if (!subscription) return;
    const event = eventOf(body.status);
    if (subscription.sent === event) return;
    subscription.sent = event;
    void this.#send(subscription, event, body).catch(() => undefined);
  }

  async #send(
    { url, surface, requestId }: Subscription,
    event: EventName,
    job: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const timestamp = new Date(this.#clock.now()).toISOString();
    const data = { job_request_id: requestId, status: event.slice('job.'.length), surface, result: job };
    const body = JSON.stringify({ event, delivery_id: randomUUID(), timestamp, data });
    const signature = createHmac('sha256', this.#secret).update(`${timestamp}.${body}`).digest('hex');
    await this.#post.send(url, {
      body,
      headers: {
        'x-deapi-event': event,
        'x-deapi-timestamp': timestamp,
        'x-deapi-signature': `sha256=${signature}`,
      },
      timeoutMs: TIMEOUT_MS,
    });
  }
}

function eventOf(status: unknown): EventName {
  if (status === 'COMPLETED') return 'job.completed';
  return status === 'IN_QUEUE' || status === 'IN_PROGRESS' ? 'job.processing' : 'job.failed';
}
