import type { Dialect, Route, WireRequest } from '../dialect.js';
import { InvalidRequest, PayloadTooLarge } from '../errors.js';
import { PLACEHOLDER } from '../routes.js';
import { type Call, describeCall, isSubmit, type SubmitCall } from './call.js';
import { whyNotId } from './wire-id.js';

const MIN_WAIT_MS = 1_000;
const MAX_WAIT_MS = 300_000;

/**
 * Words a call. `?ttl=` on a status read is never sent: it shortens the retention of the result.
 *
 * Throws `InvalidRequest` for an id that can't be one, `PayloadTooLarge` for a body that is certain to be refused.
 */
export function wireRequest(dialect: Dialect, route: Route, call: Call): WireRequest {
  const wrong = dialect.whyNotEndpoint(call.endpointId);
  if (wrong !== undefined) {
    throw new InvalidRequest(`${JSON.stringify(call.endpointId)} can't be an endpoint of ${dialect.vendor}: ${wrong}`);
  }
  const { parts, query: address } = dialect.address(call.endpointId);
  const query = {
    ...address,
    ...('waitMs' in call && { wait: String(Math.min(MAX_WAIT_MS, Math.max(MIN_WAIT_MS, Math.round(call.waitMs)))) }),
  };
  return {
    method: route.method,
    path: pathOf(route, 'jobId' in call ? { ...parts, jobId: checkedJobId(call.jobId, dialect) } : parts, call),
    ...(Object.keys(query).length > 0 && { query }),
    ...(isSubmit(call) && { body: bodyOf(call, dialect) }),
  };
}

function pathOf({ path }: Route, parts: Readonly<Record<string, string | undefined>>, call: Call): string {
  return path.replace(PLACEHOLDER, (_, name: string) => {
    const part = parts[name];
    if (part !== undefined) return encodeURIComponent(part);
    throw new InvalidRequest(`${describeCall(call)}: the path ${path} needs {${name}}, and the endpoint names none`);
  });
}

function checkedJobId(jobId: string, { vendor }: Dialect): string {
  const wrong = whyNotId(jobId);
  if (wrong === undefined) return jobId;
  throw new InvalidRequest(`${JSON.stringify(jobId)} can't be a job id of ${vendor}: ${wrong}`);
}

function bodyOf(call: SubmitCall, dialect: Dialect): string {
  const body = JSON.stringify(dialect.body(call));
  const bytes = Buffer.byteLength(body);
  const maxBytes = dialect.maxBodyBytes[call.operation];
  if (bytes <= maxBytes) return body;
  throw new PayloadTooLarge(
    `${describeCall(call)}: the body is ${bytes} bytes, and ${dialect.vendor} takes ${maxBytes}; send a URL in place of the largest field`,
  );
}
