/** What is done to the machinery meanwhile, and when. Pure: the same for the same seed. */
import { type Chance, chanceFor } from './chance.js';
import type { Form } from './form.js';

export type Disturbance = { readonly atMs: number } & (
  | /** kill -9 of the process in this slot of every fleet, which starts again after `forMs`. */
  { readonly kind: 'kill-worker'; readonly slot: number; readonly forMs: number }
  /** The same by SIGSTOP: it is there, and does nothing for so long. */
  | { readonly kind: 'freeze-worker'; readonly slot: number; readonly forMs: number }
  /** kill -9 of the Temporal server, which starts again on its database. */
  | { readonly kind: 'kill-server'; readonly forMs: number }
  /** Nothing gets to the provider, and nothing from it. `silence`: requests are not refused, they are not answered. */
  | { readonly kind: 'cut-off'; readonly how: 'refuse' | 'silence'; readonly forMs: number }
);

export const FLEET_SIZE = 2;

export function planDisturbances(seed: number, form: Form): readonly Disturbance[] {
  const chance = chanceFor(seed, 'disturbances');
  const { disturbFromMs, disturbToMs, killEveryMs } = form;
  const disturbances: Disturbance[] = [];
  let slot = 0;
  for (let atMs = disturbFromMs; atMs < disturbToMs; atMs += chance.between(killEveryMs * 0.6, killEveryMs * 1.4)) {
    disturbances.push({ kind: 'kill-worker', slot: slot++ % FLEET_SIZE, atMs, forMs: chance.between(100, 3_000) });
  }
  const spanMs = disturbToMs - disturbFromMs;
  const scale = Math.min(1, spanMs / 60_000);
  const lasting = (fromMs: number, toMs: number) => Math.max(2_000, Math.round(chance.between(fromMs, toMs) * scale));
  spread(form.serverKills, spanMs, chance).forEach((at) => {
    disturbances.push({ kind: 'kill-server', atMs: disturbFromMs + at, forMs: lasting(3_000, 8_000) });
  });
  spread(form.cuts, spanMs, chance).forEach((at, n) => {
    const how = n % 2 === 0 ? 'silence' : 'refuse';
    disturbances.push({ kind: 'cut-off', how, atMs: disturbFromMs + at, forMs: lasting(8_000, 15_000) });
  });
  spread(form.freezes, spanMs, chance).forEach((at) => {
    // Longer than the heartbeat timeout of a wait, so that another attempt follows its jobs when it thaws.
    const forMs = chance.between(32_000, 40_000);
    disturbances.push({ kind: 'freeze-worker', slot: chance.between(0, FLEET_SIZE), atMs: disturbFromMs + at, forMs });
  });
  return disturbances.sort((a, b) => a.atMs - b.atMs);
}

/** So many times, one in each part of the span, so that they do not fall together. */
function spread(count: number, spanMs: number, chance: Chance): number[] {
  const part = spanMs / count;
  return Array.from({ length: count }, (_, n) => Math.round(part * n + chance.between(part * 0.1, part * 0.7)));
}

/** When the last of them is over. */
export function endOf(disturbances: readonly Disturbance[]): number {
  return Math.max(0, ...disturbances.map(({ atMs, forMs }) => atMs + forMs));
}
