/** The approval of a step: how it may be written, and what it comes to. */
import { z } from 'zod';
import { closedObject, durationUpTo, parseDuration } from '../config/index.js';
import type { JsonValue } from '../job-api/json.js';
import type { ApprovalSettings } from '../workflows/plan.js';

/** A person may be on holiday; no job is kept alive by it, and no worker. */
const TIMEOUT_MAX = '365d';
const TIMEOUT = '24h';

/** Items of a `forEach` over approvals: all are asked for at once, in the pipeline's own history. */
export const MAX_APPROVALS = 100;

export const approvalSchema = closedObject({
  message: z
    .custom<JsonValue>((value) => value !== undefined)
    .optional()
    .meta({
      description: 'What the person is shown: a text, or anything with expressions at any depth.',
      examples: ["{% 'Publish ' & $steps.sheet.output.title & '?' %}"],
    }),
  timeout: durationUpTo(parseDuration(TIMEOUT_MAX, Number.MAX_SAFE_INTEGER))
    .optional()
    .meta({
      description: 'How long it is waited for, at most 365 days.',
      default: TIMEOUT,
      examples: ['2h', '7d'],
    }),
  onTimeout: z.enum(['reject', 'approve', 'fail'], { error: 'must be reject, approve or fail' }).optional().meta({
    description:
      'Where nobody decided in time: take it for rejected or for approved, or fail the step (ApprovalExpired).',
    default: 'reject',
  }),
  onReject: z.enum(['continue', 'fail'], { error: 'must be continue or fail' }).optional().meta({
    description:
      'Where it is rejected: go on, with approved: false in its output, or fail the step (ApprovalRejected; ApprovalExpired where nobody decided).',
    default: 'continue',
  }),
});

export function approvalSettings({ timeout, onTimeout, onReject }: z.output<typeof approvalSchema>): ApprovalSettings {
  return {
    timeoutMs: timeout ?? parseDuration(TIMEOUT),
    onTimeout: onTimeout ?? 'reject',
    onReject: onReject ?? 'continue',
  };
}
