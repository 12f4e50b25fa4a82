import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Credit } from '../gateway/credit.js';
import type { GatewayQuota } from '../gateway/quota.js';
import { GatewayRefusal } from './gateway-refusal.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    reservesCredit?: boolean;
  }
}

/** Answers 429 where the address or the key asked too often; else says how much the key has left. */
export async function admitToGateway({
  request,
  reply,
  key,
  quota,
}: {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly key: string;
  readonly quota: GatewayQuota;
}): Promise<unknown> {
  if (!quota.admitAddress(request.ip)) {
    // Without a Retry-After, as it is there.
    throw new GatewayRefusal(429, { code: 'rate_limited', message: 'too many requests from this address' });
  }
  const verdict = quota.admitKey(key);
  if (verdict.allowed) {
    reply.headers({
      'x-ratelimit-limit': String(verdict.limit),
      'x-ratelimit-remaining': String(verdict.remaining),
      'x-ratelimit-reset': String(Math.floor(verdict.resetAt / 1000)),
    });
    return;
  }
  const { exceeded, retryAfterSeconds } = verdict;
  return reply
    .code(429)
    .headers({ 'retry-after': String(retryAfterSeconds), 'x-ratelimit-remaining': '0' })
    .send({ allowed: false, exceeded, retryAfter: retryAfterSeconds });
}

/**
 * Takes the price of a submit before it is handed on, and gives it back where the answer is no 2xx. A submit whose answer
 * is lost stays paid.
 */
export function reserveCredit(app: FastifyInstance, credit: Credit): void {
  const reserved = new WeakSet<FastifyRequest>();
  app.addHook('preHandler', async (request, reply) => {
    if (!request.routeOptions.config.reservesCredit) return;
    if (!credit.reserve()) {
      throw new GatewayRefusal(402, {
        code: 'insufficient_credits',
        message: 'the account has not enough credit for this request',
        detail: { required_usd: credit.priceUsd, balance_usd: credit.balanceUsd },
      });
    }
    reserved.add(request);
    reply.header('x-dryapi-unit-price-usd', String(credit.priceUsd));
  });
  app.addHook('onSend', async (request, reply) => {
    if (!reserved.has(request)) return;
    if (reply.statusCode < 200 || reply.statusCode >= 300) credit.refund();
    if (Number.isFinite(credit.balanceUsd)) reply.header('x-dryapi-credit-balance', String(credit.balanceUsd));
  });
}
