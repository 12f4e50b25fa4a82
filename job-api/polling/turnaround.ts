/** From its submit to its end, queue included. A round trip to the provider takes about as long. */
const QUICK_MS = 150;
/** After so many jobs most of what was known before is forgotten: an endpoint changes. */
const MEMORY = 16;
/** Of an endpoint that nothing is known of, it takes 25 quick jobs in a row to get here; four that are not, to leave again. */
const USUAL = 0.8;

/** Whether the results of an endpoint's jobs are usually there a moment after their submit, as far as it is known. */
export class Turnaround {
  /** Of the jobs that ended lately, the part that was quick: an average that forgets. */
  #quick = 0;

  /** @param ms from the submit of a job to its result; infinite where there was none */
  learn(ms: number): void {
    this.#quick += ((ms <= QUICK_MS ? 1 : 0) - this.#quick) / MEMORY;
  }

  get isQuick(): boolean {
    return this.#quick >= USUAL;
  }
}
