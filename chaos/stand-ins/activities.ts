import { ApplicationFailure } from '@temporalio/common';
import type { JobMark } from '../world/provider.js';
import type { HookToken } from './contract.js';
import { type CalledJob, CallFailed, callEndpoint } from './job-calls.js';

export interface SubmitRequest {
  readonly endpoint: string;
  readonly input: JobMark;
  readonly webhook?: { readonly hooks: string; readonly token: HookToken };
}

export async function submit({ endpoint, input, webhook }: SubmitRequest): Promise<CalledJob> {
  const token = webhook && Buffer.from(JSON.stringify(webhook.token)).toString('base64url');
  return await called(() =>
    callEndpoint(endpoint, 'run', { body: { input, ...(webhook && { webhook: `${webhook.hooks}/${token}` }) } }),
  );
}

export async function status({ endpoint, id }: { endpoint: string; id: string }): Promise<CalledJob> {
  return await called(async () => {
    const job = await callEndpoint(endpoint, `status/${id}`);
    return { id: job.id, status: job.status };
  });
}

export async function cancel({ endpoint, id }: { endpoint: string; id: string }): Promise<void> {
  await called(() => callEndpoint(endpoint, `cancel/${id}`, { body: {} }));
}

/** What will fail again is not tried again. */
async function called<T>(call: () => Promise<T>): Promise<T> {
  return await call().catch((error: unknown) => {
    if (error instanceof CallFailed && error.isFinal) throw ApplicationFailure.nonRetryable(error.message);
    throw error;
  });
}
