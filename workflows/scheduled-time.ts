import { defineSearchAttributeKey } from '@temporalio/common';
import { workflowInfo } from '@temporalio/workflow';

/** Set by Temporal's scheduler on what it starts, to the second. */
const SCHEDULED_START_TIME = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');

/** The time that this run was scheduled for, ISO 8601, before jitter and delays; absent where no schedule started it. */
export function scheduledTime(): { readonly scheduledAt?: string } {
  const time = workflowInfo().typedSearchAttributes.get(SCHEDULED_START_TIME);
  return time === undefined ? {} : { scheduledAt: time.toISOString() };
}
