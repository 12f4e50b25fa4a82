import { createHash } from 'node:crypto';
import type { Info } from '@temporalio/activity';
import { correlationOf } from '../config/index.js';
import { InvalidRequest } from '../job-api/errors.js';
import type { JsonValue } from '../job-api/json.js';
import type { ActivityDeps } from './deps.js';
import type { SubmitJobRequest } from './job-contract.js';

/**
 * The key by which the handler is to know this submit, where its alias has one. A submit that takes the place of one whose
 * fate is not known has the key of that. It begins with the id of the run, so that whoever finds a job at its provider
 * finds its run, and holds nothing that would need a quote, as a part of a path or of a query.
 */
export function correlationKeyFor(
  { target, correlationKey }: SubmitJobRequest,
  { config }: Pick<ActivityDeps, 'config'>,
  { activityId, workflowExecution }: Pick<Info, 'activityId' | 'workflowExecution'>,
): string | undefined {
  if (correlationOf(config, target) === undefined) return undefined;
  if (correlationKey !== undefined) return correlationKey;
  const submit = createHash('sha256').update(activityId).digest('hex').slice(0, 16);
  return `${workflowExecution?.runId ?? 'no-run'}-${submit}`;
}

/** The input with the key in its field. */
export function withCorrelationKey(
  input: JsonValue,
  { target, correlationKey }: SubmitJobRequest,
  { config }: Pick<ActivityDeps, 'config'>,
): JsonValue {
  const correlation = correlationOf(config, target);
  if (correlation === undefined || correlationKey === undefined) return input;
  if (input === null || typeof input !== 'object' || Array.isArray(input)) {
    throw new InvalidRequest(
      `the input for ${target.endpoint} must be an object: endpoints.${target.endpoint}.correlation puts the field ${JSON.stringify(correlation.field)} into it`,
    );
  }
  return { ...input, [correlation.field]: correlationKey };
}
