import type { Target } from '../workflows/plan.js';

/** `provider/endpointId`. */
export const TARGET = /^([A-Za-z][\w-]*)\/([A-Za-z0-9][\w.-]*)$/;

/** The parts of `provider/endpointId`; undefined for anything else. */
export function parseTarget(text: string): Pick<Target, 'provider' | 'endpointId'> | undefined {
  const [, provider, endpointId] = TARGET.exec(text) ?? [];
  return provider === undefined || endpointId === undefined ? undefined : { provider, endpointId };
}
