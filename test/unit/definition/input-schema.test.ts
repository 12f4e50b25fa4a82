import { expect, it } from 'vitest';
import { compileSchema } from '../../../definition/index.js';
import type { JsonValue } from '../../../job-api/json.js';

it('a check that did not get its time on a processor is made again', () => {
  let reads = 0;
  const value = {
    get title() {
      reads += 1;
      // Stands still without using a processor, as a process does on a machine that is busy with others.
      if (reads === 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10_000);
      return 'a red boat';
    },
  };
  const schema = compileSchema({ properties: { title: { type: 'string' } } });
  expect(schema.ok && schema.check(value as unknown as JsonValue)).toEqual([]);
  expect(reads).toBeGreaterThan(1);
});
