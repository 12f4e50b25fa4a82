import { describe, expect, it } from 'vitest';
import type { ApprovalDecision, ApproveRequest } from '../../../workflows/contract.js';
import {
  type ApprovalBook,
  describeDecision,
  judgeRequest,
  readApproveRequest,
} from '../../../workflows/pipelines/approval-requests.js';
import type { ItemState, StepState } from '../../../workflows/pipelines/pipeline-state.js';
import { waitingApprovals } from '../../../workflows/pipelines/waiting-approvals.js';
import type { StepPlan } from '../../../workflows/plan.js';

const AT = '2026-03-01T10:00:00.000Z';

describe('the argument of approve', () => {
  it.each<[string, unknown, unknown]>([
    ['the least', { step: 'a', approved: false }, { step: 'a', approved: false }],
    [
      'everything',
      { step: 'a', index: 0, approved: true, by: 'ada', note: 'n' },
      { step: 'a', index: 0, approved: true, by: 'ada', note: 'n' },
    ],
    [
      'null for what is absent',
      { step: 'a', approved: true, index: null, by: null, note: null },
      { step: 'a', approved: true },
    ],
  ])('is taken with %s', (_, given, request) => {
    expect(readApproveRequest(given)).toEqual({ ok: true, request });
  });

  it.each<[unknown, string]>([
    [undefined, 'approve takes an object {"step": …, "approved": true or false}'],
    [['a', true], 'approve takes an object {"step": …, "approved": true or false}'],
    [{ approved: true }, 'step must be the name of a step'],
    [{ step: '', approved: true }, 'step must be the name of a step'],
    [{ step: 'a' }, 'approved must be true or false'],
    [{ step: 'a', approved: 'yes' }, 'approved must be true or false'],
    [{ step: 'a', approved: true, index: -1 }, 'index must be a whole number from 0'],
    [{ step: 'a', approved: true, index: '0' }, 'index must be a whole number from 0'],
    [{ step: 'a', approved: true, by: 7 }, 'by must be text'],
    [{ step: 'a', approved: true, by: 'x'.repeat(201) }, 'by is 201 characters long; at most 200 are taken'],
    [{ step: 'a', approved: true, note: 'x'.repeat(4_001) }, 'note is 4001 characters long; at most 4000 are taken'],
    [
      { step: 'a', approved: true, comment: 'x' },
      'comment is an unknown field (known: step, index, approved, by, note)',
    ],
  ])('%j is refused', (given, message) => {
    expect(readApproveRequest(given)).toEqual({ ok: false, message });
  });
});

const step = (name: string, over: Partial<StepPlan> = {}): StepPlan => ({
  ...{ name, kind: 'approval', needs: [], concurrency: 100, tolerate: { count: 0 }, onError: 'fail', body: null },
  approval: { timeoutMs: 60_000, onTimeout: 'reject', onReject: 'continue' },
  ...over,
});
const { approval: _, ...job } = step('draw', { kind: 'job' });
const PLAN = {
  v: 1,
  steps: [step('review'), step('each', { forEach: '{% $input %}' }), job],
  input: {},
} as const;

const item = (status: ItemState['status'], more: Partial<ItemState> = {}): ItemState => ({
  status,
  input: null,
  ...more,
});
const stateOf = (status: StepState['status'], ...items: ItemState[]): StepState => ({ status, items, output: null });

function book(
  steps: Record<string, StepState>,
  { open = [], decisions = {} }: { open?: string[]; decisions?: Record<string, ApprovalDecision> } = {},
): ApprovalBook {
  return {
    plan: PLAN,
    state: { steps },
    isOpen: (place) => open.includes(place),
    decisionOf: (place) => decisions[place],
  };
}

const yes = (name: string, index?: number): ApproveRequest => ({
  step: name,
  approved: true,
  ...(index !== undefined && { index }),
});
const BY_ADA: ApprovalDecision = { approved: true, by: 'ada', note: null, at: AT, expired: false };
const EXPIRED: ApprovalDecision = { approved: false, by: null, note: null, at: AT, expired: true };

describe('a decision', () => {
  const running = stateOf('running', item('running'));
  const three = stateOf('running', item('running'), item('completed'), item('waiting'));

  it.each<[string, ApproveRequest, ApprovalBook, object]>([
    ['that is waited for', yes('review'), book({ review: running }, { open: ['review'] }), { kind: 'take' }],
    ['of an item that is waited for', yes('each', 0), book({ each: three }, { open: ['each[0]'] }), { kind: 'take' }],
    [
      'that was taken before',
      yes('review'),
      book({ review: running }, { decisions: { review: BY_ADA } }),
      { kind: 'stands', decision: BY_ADA },
    ],
    [
      'against one that was taken before',
      { step: 'review', approved: false },
      book({ review: running }, { decisions: { review: BY_ADA } }),
      { kind: 'refuse', message: `review was approved by ada at ${AT}, and that stands` },
    ],
    [
      'that comes when the time is over',
      { step: 'each', index: 1, approved: false },
      book({ each: three }, { decisions: { 'each[1]': EXPIRED } }),
      { kind: 'refuse', message: `each[1] was rejected, as nobody decided in time at ${AT}, and that stands` },
    ],
    [
      'on a step that has not begun',
      yes('review'),
      book({ review: stateOf('pending') }),
      { kind: 'too-early', message: expect.stringContaining('does not wait for an approval yet') },
    ],
    [
      'on a step whose items are not known',
      yes('each', 7),
      book({ each: stateOf('preparing') }),
      { kind: 'too-early', message: expect.stringContaining('"each"') },
    ],
    [
      'on an item that is not asked for yet',
      yes('each', 2),
      book({ each: three }),
      { kind: 'too-early', message: 'each[2] does not wait for an approval yet' },
    ],
    [
      'on a step that was skipped',
      yes('review'),
      book({ review: stateOf('skipped') }),
      { kind: 'refuse', message: 'review does not wait for an approval: it is over, skipped' },
    ],
    [
      'on one that failed when its time was over',
      yes('review'),
      book({ review: stateOf('failed', item('failed', { error: { type: 'ApprovalExpired', message: '' } })) }),
      { kind: 'refuse', message: 'review does not wait for an approval: it is over, ApprovalExpired' },
    ],
    [
      'without the index of an item',
      yes('each'),
      book({ each: three }),
      { kind: 'refuse', message: 'step "each" asks for an approval of each item: give the index of one, from 0' },
    ],
    [
      'with an index where there are no items',
      yes('review', 0),
      book({ review: running }),
      { kind: 'refuse', message: 'step "review" asks for one approval: leave the index out' },
    ],
    [
      'with an index too many',
      yes('each', 3),
      book({ each: three }),
      { kind: 'refuse', message: 'step "each" asks for 3 approvals: the index is 0 to 2, not 3' },
    ],
    [
      'on a step that is none',
      yes('draw'),
      book({}),
      { kind: 'refuse', message: 'step "draw" is no approval (those of this run: review, each)' },
    ],
    [
      'on a step that is not there',
      yes('reviw'),
      book({}),
      { kind: 'refuse', message: 'there is no step "reviw" (those of this run: review, each)' },
    ],
  ])('%s', (_name, request, known, verdict) => {
    expect(judgeRequest(request, known)).toEqual(verdict);
  });

  it.each([
    [BY_ADA, 'approved by ada'],
    [{ ...BY_ADA, approved: false, by: null }, 'rejected'],
    [EXPIRED, 'rejected, as nobody decided in time'],
  ])('is described', (decision, text) => {
    expect(describeDecision(decision)).toBe(text);
  });
});

describe('what a pipeline waits for', () => {
  it('is told with its limit of time and what it shows, a long text cut and an object as JSON', () => {
    const asked = (input: ItemState['input']) => item('running', { input, startedAt: AT });
    const state = {
      steps: {
        review: stateOf('running', asked(null)),
        each: stateOf('running', asked('x'.repeat(501)), item('completed'), asked({ title: 'boat' })),
        draw: stateOf('running', asked('no approval')),
      },
    };
    const time = { since: AT, until: '2026-03-01T10:01:00.000Z', onTimeout: 'reject' };
    expect(waitingApprovals(PLAN, state)).toEqual([
      { step: 'review', ...time },
      { step: 'each', index: 0, message: `${'x'.repeat(500)}…`, ...time },
      { step: 'each', index: 2, message: '{"title":"boat"}', ...time },
    ]);
  });

  it('is told up to the first 50', () => {
    const items = Array.from({ length: 60 }, () => item('running', { startedAt: AT }));
    expect(waitingApprovals(PLAN, { steps: { each: stateOf('running', ...items) } })).toHaveLength(50);
  });
});
