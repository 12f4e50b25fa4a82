import type { Clock } from '../clock.js';
import type { LocalPost } from '../local-post.js';
import { Credit, type CreditOptions } from './credit.js';
import { GatewayEvents } from './events.js';
import { GatewayQuota } from './quota.js';
import type { GatewayRouting } from './routing.js';
import { StatusCache } from './status-cache.js';

export interface GatewayOptions extends GatewayRouting, CreditOptions {
  /** What its own webhooks are signed with. Default `emulator`. */
  readonly webhookSecret?: string;
}

/** What the gateway has of its own, between its clients and the job API behind it. */
export interface Gateway {
  readonly routing: GatewayRouting;
  readonly credit: Credit;
  readonly cache: StatusCache;
  readonly events: GatewayEvents;
  /** Absent: it asks for no patience. */
  readonly quota: GatewayQuota | undefined;
}

export interface GatewayDeps {
  readonly clock: Clock;
  readonly post: LocalPost;
  readonly log: (line: string) => void;
  /** Whether it keeps to the documented quota. */
  readonly limited: boolean;
}

export function createGateway(
  { webhookSecret = 'emulator', ...options }: GatewayOptions,
  { clock, post, log, limited }: GatewayDeps,
): Gateway {
  return {
    routing: options,
    credit: new Credit(options),
    cache: new StatusCache(clock),
    events: new GatewayEvents({ clock, post, secret: webhookSecret, log }),
    quota: limited ? new GatewayQuota(clock) : undefined,
  };
}
