/** What a client is told of a provider, and the checks of it. */

import type { AuthHeader, Dialect } from './dialect.js';
import type { DialectName } from './dialects/index.js';
import { InvalidRequest, Unauthorized } from './errors.js';
import { OPERATIONS } from './http/call.js';
import { type RouteOverrides, whyNotAuthHeader, whyNotAuthValue, whyNotOverride } from './routes.js';

export interface JobApiOptions {
  readonly provider: {
    /** What messages call it. */
    readonly name: string;
    readonly dialect: DialectName;
    /** For RunPod up to and with `/v2`. Absent: the documented one, which a gateway has not. */
    readonly baseUrl?: string;
    /** How the key is sent, where it is not as documented. */
    readonly auth?: Partial<AuthHeader>;
    /** Where operations are, where they are not as documented. */
    readonly operations?: RouteOverrides;
    /** How long the result of a job of `run` stays after its end, where that is not as documented. */
    readonly retentionMs?: number;
  };
  /** Absent: none is sent, as for an emulator. */
  readonly apiKey?: string | undefined;
  readonly userAgent?: string;
  /** What inputs may hold of secrets: no error shows them, and no `error` of a job, should provider or handler repeat them. */
  readonly secrets?: readonly string[];
}

/** Throws `InvalidRequest`. */
export function parseBaseUrl({ name, baseUrl }: JobApiOptions['provider'], dialect: Dialect): URL {
  const text = baseUrl ?? dialect.baseUrl;
  if (text === undefined) {
    throw new InvalidRequest(
      `provider ${JSON.stringify(name)} needs a baseUrl: ${dialect.vendor} has no address of its own`,
    );
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new InvalidRequest(`baseUrl of provider ${JSON.stringify(name)} is not an http or https URL`);
  }
  if (url.username || url.password || url.search || url.hash) {
    throw new InvalidRequest(`baseUrl of provider ${JSON.stringify(name)} must be an origin and a path, nothing more`);
  }
  return url;
}

/** Throws `InvalidRequest` with everything that is wrong. */
export function checkOverrides(
  { name, operations = {}, auth = {} }: JobApiOptions['provider'],
  dialect: Dialect,
): void {
  const problems = OPERATIONS.flatMap((operation) => {
    const override = operations[operation];
    if (override === undefined) return [];
    const wrong = whyNotOverride(dialect, operation, override);
    return wrong === undefined ? [] : [`operations.${operation}: ${wrong}`];
  });
  const header = auth.header === undefined ? undefined : whyNotAuthHeader(auth.header);
  if (header !== undefined) problems.push(`auth.header: ${header}`);
  const value = auth.value === undefined ? undefined : whyNotAuthValue(auth.value);
  if (value !== undefined) problems.push(`auth.value: ${value}`);
  if (problems.length > 0) throw new InvalidRequest(`provider ${JSON.stringify(name)}: ${problems.join('; ')}`);
}

export function headerWith(apiKey: string, { header, value }: AuthHeader): Readonly<Record<string, string>> {
  // Not `replace` with a text: a key may hold what is a pattern to it.
  return { [header.toLowerCase()]: value.split('{key}').join(apiKey) };
}

/** A key read from a file often ends in a line break, which no header may hold. */
export function checkApiKey(apiKey: string | undefined, provider: string): void {
  if (apiKey === undefined || /^[\x21-\x7e]+$/.test(apiKey)) return;
  throw new Unauthorized(
    `the API key of provider ${JSON.stringify(provider)} is empty, or holds a space, a line break or another character that a key can't have`,
  );
}
