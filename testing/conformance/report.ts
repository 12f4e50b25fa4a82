import type { DialectName, Operation } from '../../job-api/index.js';
import { CHECKS, type CheckName } from './catalogue.js';

/**
 * - `ok`: it is as the dialect says.
 * - `differs`: it is not, and JobRelay relies on it.
 * - `not-there`: the deployment has no such thing, and JobRelay does without.
 * - `not-checked`: the detail says why.
 */
export type Verdict = 'ok' | 'differs' | 'not-there' | 'not-checked';

export interface ConformanceResult {
  readonly check: CheckName;
  /** Absent: about all of them. */
  readonly operation?: Operation;
  /** What should hold. */
  readonly what: string;
  readonly verdict: Verdict;
  /** What was seen instead, or why it was not looked at. */
  readonly detail?: string;
}

export interface ConformanceReport {
  readonly dialect: DialectName;
  readonly endpointId: string;
  /** Nothing differs. */
  readonly conforms: boolean;
  /** Jobs that were accepted. None is left running, as far as that could be had. */
  readonly jobs: number;
  readonly results: readonly ConformanceResult[];
}

/** Gathers the verdicts. The first one of a check counts. */
export class Verdicts {
  readonly #results = new Map<CheckName, ConformanceResult>();
  readonly #onResult: (result: ConformanceResult) => void;

  constructor(onResult: (result: ConformanceResult) => void) {
    this.#onResult = onResult;
  }

  /** `seen` is told where it does not hold. */
  holds(check: CheckName, holds: boolean, seen: string): void {
    if (holds) this.#add(check, 'ok');
    else this.#add(check, 'differs', seen);
  }

  notThere(check: CheckName, detail: string): void {
    this.#add(check, 'not-there', detail);
  }

  notChecked(check: CheckName, why: string): void {
    this.#add(check, 'not-checked', why);
  }

  /** In the order of the catalogue; what nobody came to is not checked. */
  results(): readonly ConformanceResult[] {
    return (Object.keys(CHECKS) as CheckName[]).map(
      (check) => this.#results.get(check) ?? resultOf(check, 'not-checked', 'what it builds on did not hold'),
    );
  }

  #add(check: CheckName, verdict: Verdict, detail?: string): void {
    if (this.#results.has(check)) return;
    const result = resultOf(check, verdict, detail);
    this.#results.set(check, result);
    this.#onResult(result);
  }
}

function resultOf(check: CheckName, verdict: Verdict, detail?: string): ConformanceResult {
  const { operation, what } = CHECKS[check];
  return {
    check,
    ...(operation !== undefined && { operation }),
    what,
    verdict,
    ...(detail !== undefined && { detail }),
  };
}
