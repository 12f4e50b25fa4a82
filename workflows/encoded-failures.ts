/**
 * Failures of workflows: with messages and stacks as payloads where the worker encrypts those. Not part of any workflow's
 * code; the bundle has it in the place of the SDK's own converter, and the worker says which of the two it is.
 */
import { DefaultFailureConverter } from '@temporalio/common';

const { jobRelayEncodesFailures } = globalThis as { readonly jobRelayEncodesFailures?: boolean };

export const failureConverter = new DefaultFailureConverter({
  encodeCommonAttributes: jobRelayEncodesFailures === true,
});
