/** What a deployment has that its dialect does not say: other paths and verbs, operations more or fewer, another header. */

import type { AuthHeader, Dialect, Route, Routes } from './dialect.js';
import { isAboutJob, isSubmitOperation, OPERATIONS, type Operation } from './http/call.js';

/** Overrides one operation field by field; `false` says that it is not there. */
export type RouteOverride = Partial<Route> | false;
export type RouteOverrides = Readonly<Partial<Record<Operation, RouteOverride>>>;

export const PLACEHOLDER = /\{(\w+)\}/g;

/** Characters of a path that need no encoding, RFC 3986 section 3.3. */
const PATH = /^(?:\/(?:[\w.~!$&'()*+,;=:@-]|%[\dA-Fa-f]{2})+)+$/;
/** A header field's name, RFC 9110 section 5.1. */
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
/** Those that say how the request itself is to be read. */
const NOT_FOR_KEYS =
  /^(accept|connection|content-.*|expect|host|keep-alive|te|trailer|transfer-encoding|upgrade|user-agent)$/i;

/** The routes of a deployment: its dialect's, as overridden. An operation that the dialect lacks comes by a path of its own. */
export function routesOf(dialect: Dialect, overrides: RouteOverrides = {}): Routes {
  return Object.fromEntries(
    OPERATIONS.flatMap((operation) => {
      const route = routeOf(dialect.routes[operation], overrides[operation]);
      return route === undefined ? [] : [[operation, route]];
    }),
  );
}

function routeOf(own: Route | undefined, override: RouteOverride | undefined): Route | undefined {
  if (override === false) return undefined;
  const path = override?.path ?? own?.path;
  return path === undefined ? undefined : { method: override?.method ?? own?.method ?? 'POST', path };
}

/** The header of a deployment. One of another name holds the bare key, where nothing is said of its value. */
export function authOf({ auth }: Dialect, override: Partial<AuthHeader> = {}): AuthHeader {
  const { header, value } = override;
  return { header: header ?? auth.header, value: value ?? (header === undefined ? auth.value : '{key}') };
}

/** Why an operation can't be overridden so; undefined where it can. */
export function whyNotOverride(dialect: Dialect, operation: Operation, override: RouteOverride): string | undefined {
  if (override === false) return undefined;
  const { method, path } = override;
  if (isSubmitOperation(operation) && method === 'GET') return 'must be a POST, since it sends a body';
  if (path !== undefined) return whyNotPath(dialect, operation, path);
  return dialect.routes[operation] === undefined
    ? `needs a path: ${dialect.vendor} documents no ${operation}`
    : undefined;
}

function whyNotPath(dialect: Dialect, operation: Operation, path: string): string | undefined {
  const names = [...path.matchAll(PLACEHOLDER)].map(([, name = '']) => name);
  const known = isAboutJob(operation) ? [...dialect.placeholders, 'jobId'] : dialect.placeholders;
  const strange = names.find((name) => !known.includes(name));
  if (strange !== undefined) return `{${strange}} is not known here (known: ${known.map((n) => `{${n}}`).join(', ')})`;
  if (isAboutJob(operation) && !names.includes('jobId')) return 'must hold {jobId}';
  if (!PATH.test(path.replace(PLACEHOLDER, 'x')) || /(^|\/)\.{1,2}(\/|$)/.test(path)) {
    return 'must be a path below the baseUrl, like /{endpointId}/health: with a slash before each part, and no query';
  }
  return undefined;
}

/** Why a header can't carry a key; undefined where it can. */
export function whyNotAuthHeader(header: string): string | undefined {
  if (!HEADER_NAME.test(header)) return 'must be the name of a header, like x-apikey';
  return NOT_FOR_KEYS.test(header) ? `the header ${header} is not for keys` : undefined;
}

/** Why a header's value can't carry a key; undefined where it can. */
export function whyNotAuthValue(value: string): string | undefined {
  const once = value.split('{key}').length === 2;
  return once && /^[\x20-\x7e]+$/.test(value) && value === value.trim()
    ? undefined
    : 'must hold {key} once, where the key goes, like "Bearer {key}"';
}
