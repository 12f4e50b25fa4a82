import type { EndpointDefinition } from '../../emulator/index.js';

/** Holds remote jobs where they are, each before the gate of its name, until the test opens that. */
export interface Gates {
  /** Resolves once the gate is open. */
  passed(name: string): Promise<void>;
  open(name: string): void;
}

export function createGates(): Gates {
  const gates = new Map<string, { readonly passed: Promise<void>; readonly open: () => void }>();
  const gate = (name: string) => {
    let open = () => {};
    const passed = new Promise<void>((resolve) => {
      open = resolve;
    });
    const known = gates.get(name) ?? { passed, open };
    gates.set(name, known);
    return known;
  };
  return { passed: (name) => gate(name).passed, open: (name) => gate(name).open() };
}

/** Jobs that run until the gate of their input's `mark` is open, and then return their input. */
export function heldEndpoint(gates: Gates): EndpointDefinition {
  return {
    workers: 10,
    async handler(input) {
      await gates.passed(Object(input).mark);
      return input;
    },
  };
}
