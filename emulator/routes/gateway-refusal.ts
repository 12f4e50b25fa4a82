import { Refusal, type RefusalBody } from './refusal.js';

interface GatewayError {
  readonly code: string;
  readonly message: string;
  readonly detail?: unknown;
}

/** A refusal of the gateway's own, as `{ error: { code, message, detail } }`. One of the job API behind it is wrapped. */
export class GatewayRefusal extends Refusal {
  readonly error: GatewayError;

  constructor(httpStatus: number, error: GatewayError) {
    super(httpStatus, error.message);
    this.error = error;
  }
}

/** How the gateway words an error: the upstream's keeps its HTTP status and is quoted. */
export function gatewayErrorBody(httpStatus: number, body: RefusalBody): { readonly error: GatewayError } {
  const message = typeof body === 'string' ? body : body.error;
  if (httpStatus === 401) return { error: { code: 'unauthorized', message } };
  return {
    error: {
      code: 'upstream_error',
      message: `the upstream answered ${httpStatus}: ${message}`,
      detail: { upstream_status: httpStatus, upstream_body: body },
    },
  };
}
