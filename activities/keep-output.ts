import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { externalize, ValueTooLarge } from '../artifacts/index.js';
import { capturePathsOf } from '../config/index.js';
import type { JsonValue } from '../job-api/json.js';
import type { Target } from '../workflows/plan.js';
import { type CapturedOutput, captureOutput } from './capture/capture-output.js';
import { CaptureRefused, CaptureUnavailable } from './capture/errors.js';
import { parseOutputPath } from './capture/output-paths.js';
import type { JobEndDetails } from './contract.js';
import type { ActivityDeps } from './deps.js';
import { jobEnded } from './failure.js';
import { outputRejected } from './map-output.js';

/** How long providers keep what a URL leads to that does not say when it expires: RunPod's results stay so long. */
const URL_LIFE_MS = 30 * 60_000;
/** What an attempt leaves of its time for storing what was fetched, and for answering. */
const RESERVE_MS = 10_000;
const COME_BACK_MS = 5_000;

export interface KeepRequest {
  /** What the configuration is found by. */
  readonly place: Pick<Target, 'endpoint' | 'provider' | 'endpointId'>;
  readonly inlineMaxBytes: number;
  /** When the job ended, about; in milliseconds since the epoch. */
  readonly endedAt: number;
  readonly details: JobEndDetails;
}

/**
 * The output of a completed job in stored form: what its URLs lead to, where the endpoint captures, and its large parts.
 *
 * @throws `OutputRejected` for one that is nested too deep; `CaptureFailed`, final where a result can't be had any more; else
 * another attempt goes on
 */
export async function keepOutput(output: JsonValue, request: KeepRequest, deps: ActivityDeps): Promise<JsonValue> {
  const captured = await capture(output, request, deps);
  return await externalize(captured.output, deps.store, {
    inlineMaxBytes: request.inlineMaxBytes,
    foreign: true,
    references: captured.references,
  }).catch((error: unknown) => {
    // It is no smaller the next time.
    throw error instanceof ValueTooLarge ? outputRejected(error.message, request.details) : error;
  });
}

async function capture(output: JsonValue, request: KeepRequest, deps: ActivityDeps): Promise<CapturedOutput> {
  const { config, downloader, store } = deps;
  const { place, endedAt, details } = request;
  const written = capturePathsOf(config, place);
  if (written === undefined || downloader === undefined || config.capture === undefined) {
    return { output, references: new Set() };
  }
  const { cancellationSignal: signal, info } = Context.current();
  const endsAt = info.currentAttemptScheduledTimestampMs + info.startToCloseTimeoutMs;
  try {
    return await captureOutput(output, {
      ...{ signal, downloader, store },
      paths: written.flatMap((path) => [parseOutputPath(path) ?? []]),
      maxBytes: config.capture.maxBytes,
      livesUntil: endedAt + URL_LIFE_MS,
      deadline: endsAt - RESERVE_MS,
      breakOffAt: endsAt - RESERVE_MS / 2,
    });
  } catch (error) {
    const message = `job ${details.jobId} completed, but its result cannot be captured: ${(error as Error).message}`;
    if (error instanceof CaptureRefused) throw jobEnded('CaptureFailed', message, details);
    if (!(error instanceof CaptureUnavailable)) throw error;
    throw ApplicationFailure.create({ message, type: 'CaptureFailed', nextRetryDelay: COME_BACK_MS });
  }
}
