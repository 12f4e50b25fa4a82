import type { Progress, WaitingApproval } from '../workflows/contract.js';
import { quotePosix } from './quote-posix.js';

/** Options that a command needs to find the same Temporal. */
export interface TemporalPlace {
  readonly address?: string;
  readonly namespace?: string;
}

/** Approvals that are named at once; the status lists them all. */
const ANNOUNCED_MAX = 5;

const THEN: Readonly<Record<WaitingApproval['onTimeout'], string>> = {
  reject: 'taken for rejected after that',
  approve: 'taken for approved after that',
  fail: 'fails after that',
};

/** `review[2] until 2026-01-01T00:00:00.000Z, taken for rejected after that: Publish?`, and the command that approves it. */
export function describeApproval(
  runId: string,
  { workflowId = runId, step, index, message, until, onTimeout }: WaitingApproval,
  { address, namespace }: TemporalPlace = {},
): readonly [string, string] {
  const words = [
    ...['jobrelay', 'approve', workflowId, step],
    ...(index === undefined ? [] : ['--index', String(index)]),
    ...(address === undefined ? [] : ['--address', address]),
    ...(namespace === undefined ? [] : ['--namespace', namespace]),
  ];
  const place = index === undefined ? step : `${step}[${index}]`;
  return [
    `${place} until ${until}, ${THEN[onTimeout]}${message === undefined ? '' : `: ${message}`}`,
    words.map((word) => (/^[\w:./@%+=,-]+$/.test(word) ? word : quotePosix(word))).join(' '),
  ];
}

/** Says of each approval, once, that the run waits for it, and how to decide. */
export function announceApprovals(
  workflowId: string,
  place: TemporalPlace,
  note: (line: string) => void,
): (progress: Progress) => void {
  const announced = new Set<string>();
  return ({ approvals = [] }) => {
    const keyOf = ({ workflowId: nested = '', step, index }: WaitingApproval) => `${nested}/${step}/${index}`;
    const fresh = approvals.filter((approval) => !announced.has(keyOf(approval)));
    for (const approval of fresh) announced.add(keyOf(approval));
    for (const approval of fresh.slice(0, ANNOUNCED_MAX)) {
      const [what, command] = describeApproval(workflowId, approval, place);
      note(`Waits for the approval of ${what}`);
      note(`  ${command}    (or with --reject)`);
    }
    const rest = fresh.length - ANNOUNCED_MAX;
    if (rest > 0) note(`  and for ${rest} more: \`jobrelay status ${workflowId}\` lists them`);
  };
}
