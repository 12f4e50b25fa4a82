import { createHmac, timingSafeEqual } from 'node:crypto';
import type { SubmitKey } from '../../activities/index.js';

/** Domain of the signature: a secret that is used for something else too signs nothing that passes here. */
const PURPOSE = 'jobrelay webhook 1';
const MAC_LENGTH = 43;
/** Ids of runs have up to 1,000 characters; what is longer was not made here. */
export const TOKEN_MAX_LENGTH = 8_192;
const PROBE = encode([]);

/** What a token that passes stands for. `probe`: it was made to see whether a receiver is there. */
export type TokenBearer = SubmitKey | 'probe';

/**
 * The last part of a webhook's address: whom it wakes, and a signature (HMAC-SHA256, as no provider signs what it sends). Bound to
 * the namespace, so that one secret may serve several; but for a probe, which is about none.
 */
export class WebhookTokens {
  readonly #secret: string;
  readonly #namespace: string;

  constructor(secret: string, namespace: string) {
    this.#secret = secret;
    this.#namespace = namespace;
  }

  sign(bearer: TokenBearer): string {
    const payload = bearer === 'probe' ? PROBE : encode([bearer.workflowId, bearer.runId, bearer.submit]);
    return `${payload}.${this.#mac(payload)}`;
  }

  /** Undefined for any token that was not made by {@link sign} with the same secret and namespace. */
  verify(token: string): TokenBearer | undefined {
    const payload = token.slice(0, -(MAC_LENGTH + 1));
    if (token.length > TOKEN_MAX_LENGTH || token.at(-(MAC_LENGTH + 1)) !== '.') return undefined;
    const given = Buffer.from(token.slice(-MAC_LENGTH));
    const expected = Buffer.from(this.#mac(payload));
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    // Signed by us, so it is what `sign` wrote.
    if (payload === PROBE) return 'probe';
    const [workflowId, runId, submit] = JSON.parse(Buffer.from(payload, 'base64url').toString());
    return { workflowId, runId, submit };
  }

  #mac(payload: string): string {
    return createHmac('sha256', this.#secret)
      .update(`${PURPOSE}\n${payload === PROBE ? '' : this.#namespace}\n${payload}`)
      .digest('base64url');
  }
}

function encode(fields: readonly string[]): string {
  return Buffer.from(JSON.stringify(fields)).toString('base64url');
}
