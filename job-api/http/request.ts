import type { Dialect, EndpointAddress, Route, WireRequest } from '../dialect.js';
import { InvalidRequest, PayloadTooLarge } from '../errors.js';
import { present } from '../present.js';
import { PLACEHOLDER } from '../routes.js';
import { type Call, describeCall, isSubmit, type SubmitCall } from './call.js';
import { encodeId, whyNotId } from './wire-id.js';

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
  const { parts, query } = dialect.address(call.endpointId);
  if ('jobId' in call) checkJobId(call.jobId, dialect);
  return present({
    method: route.method,
    path: pathOf(route, parts, call),
    query: 'waitMs' in call ? { ...query, wait: waitOf(call.waitMs) } : query,
    body: isSubmit(call) ? bodyOf(call, dialect) : undefined,
  });
}

function waitOf(waitMs: number): string {
  return String(Math.min(MAX_WAIT_MS, Math.max(MIN_WAIT_MS, Math.round(waitMs))));
}

/** Paths taken apart at their placeholders, whose names are every second piece: to search each anew shows in a profile. */
const pieces = new WeakMap<Route, readonly string[]>();

function piecesOf(route: Route): readonly string[] {
  const known = pieces.get(route) ?? route.path.split(PLACEHOLDER);
  pieces.set(route, known);
  return known;
}

function pathOf(route: Route, parts: EndpointAddress['parts'], call: Call): string {
  let path = '';
  let isName = false;
  for (const piece of piecesOf(route)) {
    path += isName ? encodeId(partOf(piece, route, parts, call)) : piece;
    isName = !isName;
  }
  return path;
}

function partOf(name: string, { path }: Route, parts: EndpointAddress['parts'], call: Call): string {
  const part = name === 'jobId' && 'jobId' in call ? call.jobId : parts[name];
  if (part !== undefined) return part;
  throw new InvalidRequest(`${describeCall(call)}: the path ${path} needs {${name}}, and the endpoint names none`);
}

function checkJobId(jobId: string, { vendor }: Dialect): void {
  const wrong = whyNotId(jobId);
  if (wrong === undefined) return;
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
