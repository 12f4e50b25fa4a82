import { DDSketch } from '@datadog/sketches-js';

/** Quantiles that are kept at hand, evenly spaced. */
const POINTS = 33;
/** After so many jobs the older half is forgotten: an endpoint changes. */
const GENERATION = 512;
/** The quantiles are read from the sketch anew after so many more jobs. */
const REFRESH_EVERY = 16;
/** Jobs of which a guess is worth as much as one about an endpoint that nothing is known of. */
const DOUBT = 8;
/** What is kept for the endpoint to behave as it never did. */
const MOST_TRUST = 0.98;
/** Of an unknown endpoint: half of its jobs end within this time, half of the rest before it has doubled, and so on. */
const TYPICAL_MS = 200;

/**
 * How long the jobs of an endpoint run, as far as it is known: learned from those that ended, and mixed with what holds for
 * jobs that nothing is known of, which end as likely in the next tenth of their age whatever that is.
 */
export class ExecutionTimes {
  #current = newSketch();
  #older = newSketch();
  #points: readonly number[] = [];
  #toRefresh = 0;

  learn(executionMs: number): void {
    this.#current.accept(Math.max(1, executionMs));
    if (this.#current.count >= GENERATION) {
      this.#older = this.#current;
      this.#current = newSketch();
    }
    if (this.#toRefresh-- > 0) return;
    this.#toRefresh = Math.min(REFRESH_EVERY, this.#seen);
    const both = newSketch();
    both.merge(this.#older);
    both.merge(this.#current);
    this.#points = Array.from({ length: POINTS }, (_, n) => both.getValueAtQuantile(n / (POINTS - 1)));
  }

  /** The middle; undefined where no job has ended yet. */
  get medianMs(): number | undefined {
    return this.#points[(POINTS - 1) / 2];
  }

  /** The likelihood, 0 to 1, that a job runs longer than this. */
  survival(ms: number): number {
    const unknown = TYPICAL_MS / (TYPICAL_MS + ms);
    if (this.#points.length === 0) return unknown;
    const trust = Math.min(MOST_TRUST, this.#seen / (this.#seen + DOUBT));
    return trust * (1 - this.#endedBy(ms)) + (1 - trust) * unknown;
  }

  get #seen(): number {
    return this.#older.count + this.#current.count;
  }

  #endedBy(ms: number): number {
    const points = this.#points;
    let low = 0;
    let high = points.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((points[middle] ?? 0) <= ms) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return 0;
    if (low === points.length) return 1;
    const [before = 0, after = 0] = [points[low - 1], points[low]];
    return (low - 1 + (ms - before) / Math.max(1e-9, after - before)) / (points.length - 1);
  }
}

function newSketch(): DDSketch {
  return new DDSketch({ relativeAccuracy: 0.02 });
}
