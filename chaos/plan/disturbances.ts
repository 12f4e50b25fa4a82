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
  const freezes = planFreezes(seed, form);
  const disturbances = [...freezes, ...planKills(seed, form, freezes), ...planOutages(seed, form)];
  return disturbances.sort((a, b) => a.atMs - b.atMs);
}

/** Of the server and of the provider, one after the other: what is asked for within a minute has to be possible in each. */
function planOutages(seed: number, { disturbFromMs, disturbToMs, serverKills, cuts }: Form): readonly Disturbance[] {
  const chance = chanceFor(seed, 'outages');
  const spanMs = disturbToMs - disturbFromMs;
  const scale = Math.min(1, spanMs / 60_000);
  const lasting = (fromMs: number, toMs: number) => Math.max(2_000, Math.round(chance.between(fromMs, toMs) * scale));
  const outages = chance.shuffled([
    ...Array.from({ length: serverKills }, () => ({ kind: 'kill-server', forMs: lasting(3_000, 8_000) }) as const),
    ...Array.from({ length: cuts }, (_, n) => {
      const how = n % 2 === 0 ? 'silence' : 'refuse';
      return { kind: 'cut-off', how, forMs: lasting(8_000, 15_000) } as const;
    }),
  ]);
  const times = spread(outages.length, spanMs, chance);
  return outages.map((outage, n) => ({ ...outage, atMs: disturbFromMs + (times[n] ?? 0) }));
}

type Freeze = Extract<Disturbance, { kind: 'freeze-worker' }>;

function planFreezes(seed: number, { freezes, disturbFromMs, disturbToMs }: Form): readonly Freeze[] {
  const chance = chanceFor(seed, 'freezes');
  return spread(freezes, disturbToMs - disturbFromMs, chance).map((at) => {
    // Longer than the heartbeat timeout of a wait, so that another attempt follows its jobs when it thaws.
    const forMs = chance.between(32_000, 40_000);
    return { kind: 'freeze-worker', slot: chance.between(0, FLEET_SIZE), atMs: disturbFromMs + at, forMs };
  });
}

/** So long before it is frozen a worker is not killed, so that it is there. */
const BACK_AGAIN_MS = 10_000;

/** Those in each slot in turn; none while one is frozen: killed, it would not thaw, and the other is the only one that works. */
function planKills(
  seed: number,
  { disturbFromMs, disturbToMs, killEveryMs }: Form,
  freezes: readonly Freeze[],
): readonly Disturbance[] {
  const chance = chanceFor(seed, 'kills');
  const kills: Disturbance[] = [];
  for (let atMs = disturbFromMs; atMs < disturbToMs; atMs += chance.between(killEveryMs * 0.6, killEveryMs * 1.4)) {
    const forMs = chance.between(100, 3_000);
    const isFrozen = freezes.some(
      (freeze) => freeze.atMs - BACK_AGAIN_MS <= atMs && atMs <= freeze.atMs + freeze.forMs,
    );
    if (!isFrozen) kills.push({ kind: 'kill-worker', slot: kills.length % FLEET_SIZE, atMs, forMs });
  }
  return kills;
}

/** So many times, one in each part of the span, so that they do not fall together. */
function spread(count: number, spanMs: number, chance: Chance): number[] {
  const part = spanMs / count;
  return Array.from({ length: count }, (_, n) => Math.round(part * n + chance.between(part * 0.1, part * 0.5)));
}

/** When the last of them is over. */
export function endOf(disturbances: readonly Disturbance[]): number {
  return Math.max(0, ...disturbances.map(({ atMs, forMs }) => atMs + forMs));
}
