import { DIALECTS, type DialectName } from '../job-api/dialects/index.js';
import type { Target } from '../workflows/plan.js';

/** `provider/endpointId`, or `provider/surface/endpointId` of a gateway. */
export const TARGET = /^([A-Za-z][\w-]*)\/([A-Za-z0-9][\w.-]*(?:\/[A-Za-z0-9][\w.-]*)?)$/;

/** The parts of `provider/endpointId`; undefined for anything else. */
export function parseTarget(text: string): Pick<Target, 'provider' | 'endpointId'> | undefined {
  const [, provider, endpointId] = TARGET.exec(text) ?? [];
  return provider === undefined || endpointId === undefined ? undefined : { provider, endpointId };
}

/** Why a provider of this dialect can't have an endpoint of this name; undefined where it can. */
export function whyNotEndpoint(dialect: DialectName, endpointId: string): string | undefined {
  const { vendor, whyNotEndpoint: why } = DIALECTS[dialect];
  const wrong = why(endpointId);
  return wrong === undefined ? undefined : `${JSON.stringify(endpointId)} can't be an endpoint of ${vendor}: ${wrong}`;
}

/**
 * True where a job's endpoint is the one that an entry names, or the one that a gateway chose for the surface that it
 * names: the handle of a job says which.
 */
export function isEndpointOf(entry: string, endpointId: string): boolean {
  return endpointId === entry || endpointId.startsWith(`${entry}/`);
}
