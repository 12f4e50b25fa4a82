/** Every way of speaking that there is, by the name that a configuration gives it. */
import type { Dialect } from '../dialect.js';
import { gateway } from './gateway.js';
import { runpod } from './runpod.js';
import { submodel } from './submodel.js';

export type DialectName = 'runpod' | 'submodel' | 'gateway';

export const DIALECTS: Readonly<Record<DialectName, Dialect>> = { runpod, submodel, gateway };

/** In the order in which the documents name them. */
export const DIALECT_NAMES = ['runpod', 'submodel', 'gateway'] as const satisfies readonly DialectName[];
