/** What is known of the chunks of a stream, and what its output is. Pure. */
import type { RemoteJob, StreamChunk } from '../job-api/job.js';
import type { StreamEvent } from '../workflows/contract.js';
import type { StreamAccount } from './contract.js';

/** The account of a run of the handler whose chunks begin at an offset of the log. */
export function openAccount(since: number, retries?: number): StreamAccount {
  return { chunks: 0, since, ...(retries !== undefined && { retries }) };
}

/** An answer of the provider, or the worker that read it, is gone, and with it perhaps chunks. The next chunk may tell. */
export function inDoubt(account: StreamAccount): StreamAccount {
  return { ...account, doubt: true };
}

/**
 * Takes the chunks of one read. Where an answer before it was lost, the numbers that some providers give their chunks
 * (`metrics.stream_index`) tell whether it held any; without them readers are told that it may have.
 */
export function take(
  account: StreamAccount,
  chunks: readonly StreamChunk[],
): { readonly account: StreamAccount; readonly events: readonly StreamEvent[] } {
  const [first] = chunks;
  if (first === undefined) return { account, events: [] };
  const { doubt, lastIndex: _, ...settled } = account;
  const loss = doubt ? lossBefore(first, account) : { kind: 'none' as const };
  const lastIndex = indexOf(chunks.at(-1));
  return {
    account: {
      ...settled,
      ...(loss.kind === 'some' && { lost: (account.lost ?? 0) + loss.count }),
      ...(loss.kind === 'unknown' && { doubts: (account.doubts ?? 0) + 1 }),
      ...(lastIndex !== undefined && { lastIndex }),
      chunks: account.chunks + chunks.length,
    },
    events: [...eventsOf(loss), ...chunks.map((chunk): StreamEvent => ({ kind: 'chunk', chunk }))],
  };
}

/**
 * What the readers are told last. At the end the output that the provider keeps itself may settle what was in doubt.
 *
 * @param output as the provider reports it
 */
export function closingEvents(account: StreamAccount, output: RemoteJob['output']): readonly StreamEvent[] {
  if (!account.doubt && account.doubts === undefined) return [];
  if (!isFullList(output)) return account.doubt ? [{ kind: 'lost' }] : [];
  const count = output.length - account.chunks - (account.lost ?? 0);
  return count > 0 ? [{ kind: 'lost', count }] : [];
}

export type StreamOutput =
  /** What the provider reports: its own list of the chunks, or the value of a handler that is no generator. */
  | { readonly kind: 'reported' }
  | { readonly kind: 'chunks'; readonly complete: boolean }
  /** It can't be made of what was kept. */
  | { readonly kind: 'none'; readonly type: 'OutputRejected' | 'PlatformFailed'; readonly why: string };

const REMEDY = 'let the worker keep the list of its chunks (return_aggregate_stream), of which nothing gets lost';

/** What the output of a completed job is made of. */
export function outputOf(account: StreamAccount, { output, retries = 0 }: RemoteJob): StreamOutput {
  // Whatever happened to the stream, this is all of it, of the last run of the handler alone.
  if (isFullList(output)) return { kind: 'reported' };
  // Without a list to keep, RunPod's worker reports an empty one for a generator.
  if (account.chunks === 0 && !Array.isArray(output)) return { kind: 'reported' };
  if (retries > (account.retries ?? 0) && account.chunks > 0) {
    return {
      kind: 'none',
      type: 'PlatformFailed',
      why: `the platform began it anew while its stream was read, and the chunks of both runs can't be told apart; ${REMEDY}`,
    };
  }
  if (account.lost !== undefined) {
    return {
      kind: 'none',
      type: 'OutputRejected',
      why: `${account.lost} chunks of its stream were lost on their way; ${REMEDY}`,
    };
  }
  return { kind: 'chunks', complete: !account.doubt && account.doubts === undefined };
}

type Loss =
  | { readonly kind: 'none' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'some'; readonly count: number };

function lossBefore(first: StreamChunk, { lastIndex }: StreamAccount): Loss {
  const index = indexOf(first);
  if (index === undefined || lastIndex === undefined || index <= lastIndex) return { kind: 'unknown' };
  const count = index - lastIndex - 1;
  return count === 0 ? { kind: 'none' } : { kind: 'some', count };
}

function eventsOf(loss: Loss): readonly StreamEvent[] {
  if (loss.kind === 'none') return [];
  return [loss.kind === 'some' ? { kind: 'lost', count: loss.count } : { kind: 'lost' }];
}

function indexOf(chunk: StreamChunk | undefined): number | undefined {
  const index = (Object(chunk?.metrics) as { readonly stream_index?: unknown }).stream_index;
  return typeof index === 'number' && Number.isSafeInteger(index) ? index : undefined;
}

function isFullList(output: RemoteJob['output']): output is readonly NonNullable<RemoteJob['output']>[] {
  return Array.isArray(output) && output.length > 0;
}
