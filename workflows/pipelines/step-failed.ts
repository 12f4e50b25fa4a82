import { ApplicationFailure } from '@temporalio/common';
import type { FailureCause, StepFailedDetails } from '../contract.js';
import type { StoppingForFailure } from './pipeline-state.js';

/** Handles that a failure names; whoever needs more reads the histories. */
const UNSETTLED_MAX = 100;

/**
 * What a pipeline fails with.
 *
 * @param details of the item, where it was one
 */
export function stepFailed(
  { step = 'output', index, error }: StoppingForFailure,
  details: FailureCause['details'],
  rest: Omit<StepFailedDetails, 'step' | 'index' | 'cause'>,
): ApplicationFailure {
  const place = index === undefined ? step : `${step}[${index}]`;
  const isNested = details !== undefined && 'workflowId' in details;
  const isExceeded = error.type === 'BudgetExceeded';
  const failure: StepFailedDetails = {
    step,
    ...(index === undefined ? {} : { index }),
    cause: { ...error, ...(details === undefined ? {} : { details }) },
    ...rest,
    unsettled: rest.unsettled.slice(0, UNSETTLED_MAX),
  };
  return ApplicationFailure.nonRetryable(
    isExceeded
      ? `${error.message}, ${isNested ? 'in' : 'at'} step "${place}"`
      : `step "${place}" failed: ${error.type}: ${error.message}`,
    isExceeded ? 'BudgetExceeded' : 'StepFailed',
    failure,
  );
}
