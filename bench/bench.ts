import type { Client } from '@temporalio/client';
import type { JobRelayClient } from '../client/index.js';
import type { Stack } from '../embedded/index.js';
import type { Interval, Summary } from './statistics.js';

/** What every benchmark runs against: one stack, JobRelay's worker and the baseline's, in one run. */
export interface Bench {
  readonly stack: Stack;
  readonly relay: JobRelayClient;
  readonly temporal: Client;
  readonly note: (line: string) => void;
}

/** A bound from the goals of the project and what was measured for it. */
export interface Bound {
  readonly what: string;
  readonly measured: number;
  readonly atMost?: number;
  readonly atLeast?: number;
  /** Where the true value lies at 95 %, for who reads it: the verdict is by what was measured. */
  readonly interval?: Interval;
}

export interface Report {
  readonly rows: readonly ({ readonly name: string; readonly unit: string } & Summary)[];
  readonly bounds: readonly Bound[];
}

export function holds({ measured, atMost, atLeast }: Bound): boolean {
  return (atMost === undefined || measured <= atMost) && (atLeast === undefined || measured >= atLeast);
}
