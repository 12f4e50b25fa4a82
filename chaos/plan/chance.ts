import { type Random, seededRandom } from '../../emulator/random.js';

/** Choices from a seeded sequence. */
export interface Chance {
  /** From `from` up to `to`, whole. */
  between(from: number, to: number): number;
  /** Whether something happens that does so with this probability. */
  happens(probability: number): boolean;
  pick<T>(items: readonly [T, ...T[]]): T;
  shuffled<T>(items: readonly T[]): T[];
}

/** Each purpose has a sequence of its own, so that a change to one part of a plan leaves the others as they are. */
export function chanceFor(seed: number, purpose: string): Chance {
  let salt = seed;
  for (const character of purpose) salt = (Math.imul(salt, 31) + character.charCodeAt(0)) | 0;
  return chanceFrom(seededRandom(salt));
}

function chanceFrom(random: Random): Chance {
  const between = (from: number, to: number) => from + Math.floor(random() * (to - from));
  return {
    between,
    happens: (probability) => random() < probability,
    pick: (items) => items[between(0, items.length)] ?? items[0],
    shuffled(items) {
      const left = [...items];
      return items.flatMap(() => left.splice(between(0, left.length), 1));
    },
  };
}
