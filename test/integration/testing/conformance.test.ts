import { describe, expect, test } from 'vitest';
import {
  type CheckName,
  type ConformanceReport,
  checkConformance,
  type Verdict,
} from '../../../testing/conformance/index.js';
import { AS_RUNPOD, startEmulatedEndpoint, type Way } from './emulated-endpoint.js';

interface NamedWay extends Way {
  readonly name: string;
  /** What the dialect does not have. */
  readonly absent: readonly CheckName[];
}

const NO_RETRY: readonly CheckName[] = ['retry', 'retry-completed', 'retry-unknown'];
const NO_LONG_POLL: readonly CheckName[] = ['long-poll', 'long-poll-holds', 'long-poll-unknown'];
/** The emulator takes jobs for endpoints that nobody defined: a queue timeout is tried out so. */
const EMULATED: readonly CheckName[] = ['endpoint-unknown'];

const AS_SUBMODEL: Way = { dialect: 'submodel', path: '/v1/sl', prefix: '', emulator: {} };

const WAYS: readonly NamedWay[] = [
  { name: 'RunPod', ...AS_RUNPOD, absent: ['run-endpoint'] },
  { name: 'SubModel', ...AS_SUBMODEL, absent: ['run-endpoint', ...NO_RETRY] },
  {
    name: 'SubModel in envelopes and lower case',
    ...AS_SUBMODEL,
    emulator: { submodel: { enveloped: true, lowerCaseStatuses: true } },
    absent: ['run-endpoint', ...NO_RETRY],
  },
  {
    name: 'the gateway',
    dialect: 'gateway',
    path: '/v1/runpod',
    prefix: 'images/',
    emulator: {},
    absent: NO_LONG_POLL,
  },
];

/** The checks with a verdict, with what was seen. */
function having({ results }: ConformanceReport, wanted: Verdict): string[] {
  return results
    .filter(({ verdict }) => verdict === wanted)
    .map(({ check, detail }) => (wanted === 'not-there' ? check : `${check}: ${detail}`));
}

// They mostly wait, each for an emulator of its own.
describe.concurrent.each(WAYS)('the emulator as $name', (way) => {
  test('is found to do all that the dialect says', async (context) => {
    const { emulator, suite } = await startEmulatedEndpoint(way, context);
    const report = await checkConformance(suite);
    expect(having(report, 'differs')).toEqual([]);
    expect(having(report, 'not-checked')).toEqual([]);
    expect(having(report, 'not-there').toSorted()).toEqual([...way.absent, ...EMULATED].toSorted());
    expect(report.conforms).toBe(true);
    expect(report.jobs).toBe(emulator.jobs().length);
    const open = emulator.jobs().filter(({ status }) => status === 'IN_QUEUE' || status === 'IN_PROGRESS');
    expect(open).toEqual([]);
  });
});
