import { type Gate, openGate } from './gate.js';

/** The processes that receive webhooks, behind one address. */
export interface Receivers {
  /** The address, which can be shut as any gate. */
  readonly hooks: Gate;
  /** A process that receives from now on, until it has ended. */
  readonly add: (slot: number, port: number, ended: Promise<void>) => void;
}

/** Those that are there take turns. */
export async function openReceivers(): Promise<Receivers> {
  const ports = new Map<number, number>();
  let turn = 0;
  const hooks = await openGate({ port: () => [...ports.values()][turn++ % Math.max(1, ports.size)] });
  return {
    hooks,
    add(slot, port, ended) {
      ports.set(slot, port);
      void ended.then(() => {
        if (ports.get(slot) === port) ports.delete(slot);
      });
    },
  };
}
