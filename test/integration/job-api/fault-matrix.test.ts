import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DIALECT_NAMES } from '../../../job-api/dialects/index.js';
import { OPERATIONS } from '../../../job-api/http/call.js';
import type { Operation } from '../../../job-api/index.js';
import { FAULT_RULES, type FaultRule, outcomeOf, type WayName } from './fault-rules.js';
import { type Emulated, settled, startEmulated, subjectsOf, WAYS } from './fault-subjects.js';

type Matrix = Readonly<Record<Operation, string>>;

const AS_EVER: Readonly<Record<WayName, Partial<Matrix>>> = {
  runpod: { stream: '2 chunks, COMPLETED', health: 'counts 11' },
  submodel: { stream: '2 chunks, no status', health: 'counts 7', retry: 'InvalidRequest' },
  'submodel-enveloped': { stream: '2 chunks, no status', health: 'counts 7', retry: 'InvalidRequest' },
  gateway: { stream: '2 chunks, COMPLETED', health: 'counts 11', statusSync: 'InvalidRequest' },
};

/** Where nothing is wrong. */
function asEver(way: WayName): Matrix {
  return {
    ...{ run: 'IN_QUEUE', runSync: 'COMPLETED', status: 'COMPLETED', statusSync: 'COMPLETED', stream: '' },
    ...{ cancel: 'CANCELLED', retry: 'IN_QUEUE', purgeQueue: 'removes 1', health: '' },
    ...AS_EVER[way],
  };
}

function expected(rule: FaultRule, way: WayName, unsupported: ReadonlySet<Operation>): Matrix {
  const row = OPERATIONS.map((operation) => {
    // Refused before anything is sent, whatever would have gone wrong then.
    const outcome = unsupported.has(operation) ? 'as ever' : outcomeOf(rule, operation, way);
    return [operation, outcome === 'as ever' ? asEver(way)[operation] : outcome];
  });
  return Object.fromEntries(row) as Matrix;
}

const ways = Object.keys(WAYS) as WayName[];
const rules = Object.values(FAULT_RULES).flat();

test('the matrix leaves no dialect out', () => {
  expect(new Set(ways.map((way) => WAYS[way].dialect))).toEqual(new Set(DIALECT_NAMES));
});

test('no submit that may have made a job is told as a refusal', () => {
  for (const { name, carriedOut, submit } of rules) {
    if (carriedOut) expect([name, submit]).toEqual([name, expect.stringMatching(/^(as ever|SubmitAmbiguous)$/)]);
  }
});

describe.each(ways)('%s', (way) => {
  let emulated: Emulated;
  beforeAll(async () => {
    emulated = await startEmulated(way);
  });
  afterAll(() => emulated.close());

  test('answers as ever where nothing is wrong', async () => {
    const subjects = await subjectsOf(emulated);
    const outcomes = await Promise.all(subjects.map(async ({ operation, ask }) => [operation, await ask(undefined)]));
    expect(Object.fromEntries(outcomes)).toEqual(asEver(way));
  });

  test.each(rules.map((rule) => [rule.name, rule] as const))('%s', async (_name, rule) => {
    const { emulator, clock, api } = emulated;
    const subjects = await subjectsOf(emulated);
    expect(subjects.map(({ operation }) => operation)).toEqual(OPERATIONS);
    emulator.setFaults([rule.fault]);
    const outcomes = await Promise.all(
      subjects.map(async ({ operation, ask }) => [operation, await ask(rule.timeoutMs)] as const),
    );
    emulator.clearFaults();
    const row = expected(rule, way, api.unsupported);
    expect(Object.fromEntries(outcomes)).toEqual(row);

    // What is held back happens in the end.
    if (rule.timeoutMs !== undefined) clock.advance(60_000);
    const happens = subjects.flatMap(({ operation, happened }) =>
      happened === undefined
        ? []
        : [
            {
              operation,
              happened,
              should: rule.carriedOut && !api.unsupported.has(operation) && row[operation] !== 'JobNotFound',
            },
          ],
    );
    await settled(() => happens.every(({ happened, should }) => happened() || !should));
    for (const { operation, happened, should } of happens) expect([operation, happened()]).toEqual([operation, should]);
  });
});
