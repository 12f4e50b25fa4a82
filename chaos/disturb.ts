import { setTimeout as delay } from 'node:timers/promises';
import type { Disturbance } from './plan/disturbances.js';
import type { Fleet } from './world/fleet.js';
import type { Gate } from './world/gate.js';
import type { TemporalServer } from './world/server.js';

export interface Disturbed {
  readonly fleets: readonly Fleet[];
  readonly server: TemporalServer;
  /** Between everyone and the provider, in both directions. */
  readonly gates: readonly Gate[];
}

/** Carries one out; resolves when it is over. */
export async function disturb(disturbance: Disturbance, { fleets, server, gates }: Disturbed): Promise<void> {
  const { forMs } = disturbance;
  switch (disturbance.kind) {
    case 'kill-worker':
      for (const fleet of fleets) fleet.kill(disturbance.slot, forMs);
      return;
    case 'freeze-worker':
      for (const fleet of fleets) fleet.freeze(disturbance.slot, forMs);
      return await delay(forMs);
    case 'kill-server':
      return await server.kill(forMs);
    case 'cut-off':
      await Promise.all(gates.map((gate) => gate.cut(disturbance.how)));
      await delay(forMs);
      await Promise.all(gates.map((gate) => gate.mend()));
  }
}

export function describe(disturbance: Disturbance): string {
  const seconds = `${(disturbance.forMs / 1_000).toFixed(1)} s`;
  switch (disturbance.kind) {
    case 'kill-worker':
      return `kill -9 of worker ${disturbance.slot + 1}, down for ${seconds}`;
    case 'freeze-worker':
      return `worker ${disturbance.slot + 1} frozen for ${seconds}`;
    case 'kill-server':
      return `kill -9 of the Temporal server, down for ${seconds}`;
    case 'cut-off':
      return `the provider is cut off for ${seconds} (${disturbance.how === 'silence' ? 'no answers' : 'connections refused'})`;
  }
}
