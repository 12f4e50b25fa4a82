/** The value below which the share `q` of the samples lies (nearest rank). */
export function quantile(samples: readonly number[], q: number): number {
  if (samples.length === 0) return Number.NaN;
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1))] ?? Number.NaN;
}

/** Middle and spread of samples, rounded to what a measurement on a shared machine can mean. */
export interface Summary {
  readonly n: number;
  readonly p10: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly max: number;
}

export function summarise(samples: readonly number[], digits = 1): Summary {
  const round = (value: number) => Number(value.toFixed(digits));
  return {
    n: samples.length,
    p10: round(quantile(samples, 0.1)),
    p50: round(quantile(samples, 0.5)),
    p90: round(quantile(samples, 0.9)),
    p95: round(quantile(samples, 0.95)),
    max: round(quantile(samples, 1)),
  };
}

/** In [0, 1), the same sequence each time: a verdict must not depend on how the resampling fell. */
export function seededRandom(seed = 1): () => number {
  let state = seed;
  return () => {
    // A linear congruential generator, with the constants of Numerical Recipes.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const RESAMPLES = 2_000;

/** Between which values the true one lies at 95 %. */
export type Interval = readonly [low: number, high: number];

/** Of the median, by bootstrap: the medians of many samples drawn from the sample. */
export function medianInterval(samples: readonly number[], random = seededRandom()): Interval {
  const draw = () => samples[Math.floor(random() * samples.length)] ?? Number.NaN;
  const medians = Array.from({ length: RESAMPLES }, () => quantile(samples.map(draw), 0.5));
  return [quantile(medians, 0.025), quantile(medians, 0.975)];
}

/**
 * How far above 1 the ratio of two p95 gets by chance alone: what one in a hundred permutations passes. In each round,
 * one window of either kind was measured; if the kinds do not differ, their labels may as well be swapped, round by round.
 */
export function noiseOfP95(
  these: readonly (readonly number[])[],
  those: readonly (readonly number[])[],
  random = seededRandom(),
): number {
  const ratios = Array.from({ length: RESAMPLES }, () => {
    const swapped = these.map(() => random() < 0.5);
    const pick = (as: boolean) => these.map((window, round) => (swapped[round] === as ? window : (those[round] ?? [])));
    return p95Ratio(pick(false), pick(true));
  });
  return quantile(ratios, 0.99);
}

/** The p95 of all windows of the one kind together, over that of the other. */
export function p95Ratio(these: readonly (readonly number[])[], those: readonly (readonly number[])[]): number {
  return quantile(these.flat(), 0.95) / quantile(those.flat(), 0.95);
}

/** Of that ratio, by bootstrap: rounds drawn anew, with both of their windows. */
export function p95RatioInterval(
  these: readonly (readonly number[])[],
  those: readonly (readonly number[])[],
  random = seededRandom(),
): Interval {
  const ratios = Array.from({ length: RESAMPLES }, () => {
    const rounds = these.map(() => Math.floor(random() * these.length));
    const pick = (windows: readonly (readonly number[])[]) => rounds.map((round) => windows[round] ?? []);
    return p95Ratio(pick(these), pick(those));
  });
  return [quantile(ratios, 0.025), quantile(ratios, 0.975)];
}
