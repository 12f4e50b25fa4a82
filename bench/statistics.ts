/** The value below which the share `q` of the samples lies (nearest rank). */
export function quantile(samples: readonly number[], q: number): number {
  if (samples.length === 0) return Number.NaN;
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
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
