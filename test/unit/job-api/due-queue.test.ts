import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Due, DueQueue, NOWHERE } from '../../../job-api/polling/due-queue.js';

test('what is due comes out in order, whatever was moved and taken out before', () => {
  const moves = fc.array(fc.record({ item: fc.nat(19), dueAt: fc.option(fc.nat(1_000), { nil: undefined }) }));
  fc.assert(
    fc.property(moves, (steps) => {
      const items = Array.from({ length: 20 }, (): Due => ({ dueAt: 0, place: NOWHERE }));
      const queue = new DueQueue<Due>();
      const inside = new Set<Due>();
      for (const { item, dueAt } of steps) {
        const due = items[item];
        if (due === undefined) continue;
        if (dueAt === undefined) {
          queue.remove(due);
          inside.delete(due);
        } else {
          queue.put(due, dueAt);
          inside.add(due);
        }
      }
      const out: number[] = [];
      for (let first = queue.first; first !== undefined; first = queue.first) {
        out.push(first.dueAt);
        queue.remove(first);
      }
      expect(out).toEqual([...inside].map(({ dueAt }) => dueAt).sort((a, b) => a - b));
      expect(items.every(({ place }) => place === NOWHERE)).toBe(true);
    }),
  );
});
