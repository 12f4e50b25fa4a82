import { z } from 'zod';
import { GatewayRefusal } from './gateway-refusal.js';

/** A body of `run` or `runsync`, as the gateway reads it. */
export interface GatewaySubmit {
  readonly endpointId: string | undefined;
  readonly model: string | undefined;
  /** Of the gateway's own webhooks; `webhook` is handed on. */
  readonly webhookUrl: string | undefined;
  /** What the job API behind it gets. */
  readonly forwarded: object;
}

const FORWARDED = ['input', 'webhook', 'policy', 's3Config'] as const;

const ownSchema = z.object({
  endpointId: z.string().min(1).optional(),
  model: z.string().optional(),
  webhook_url: z.string().optional(),
});

/** Throws a {@link GatewayRefusal} (400). */
export function readGatewaySubmit(body: unknown): GatewaySubmit {
  const whole = isPlainObject(body) ? body : {};
  const own = ownSchema.safeParse(whole);
  if (!own.success) {
    const [issue] = own.error.issues;
    throw new GatewayRefusal(400, {
      code: 'invalid_request',
      message: `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'malformed'}`,
      detail: own.error.issues,
    });
  }
  const { endpointId, model, webhook_url: webhookUrl } = own.data;
  if (webhookUrl !== undefined && !isAllowedUrl(webhookUrl)) {
    throw new GatewayRefusal(400, { code: 'invalid_request', message: 'webhook_url: must be an https URL' });
  }
  return { endpointId, model, webhookUrl, forwarded: forwardedOf(whole) };
}

/**
 * A trap of the gateway: where `input` is no object, all of the body becomes the input, the policy and the webhook with
 * it, so that neither holds.
 */
function forwardedOf(whole: Readonly<Record<string, unknown>>): object {
  if (!isPlainObject(whole.input)) return { input: whole };
  return Object.fromEntries(FORWARDED.filter((key) => key in whole).map((key) => [key, whole[key]]));
}

/** The gateway wants https; here http is let pass too, since a receiver on this machine has no certificate. */
function isAllowedUrl(url: string): boolean {
  return URL.canParse(url) && ['https:', 'http:'].includes(new URL(url).protocol);
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
