import { CommanderError } from 'commander';
import { ArtifactError, ArtifactMissing, ArtifactReferenceInvalid, StoreUnavailable } from '../artifacts/index.js';
import { ClientError, type ClientErrorCode } from '../client/errors.js';
import { ConfigError } from '../config/index.js';
import { DecryptionFailed, InvalidEncryptionKeys } from '../encryption/errors.js';
import { JobApiError, type JobApiErrorCode } from '../job-api/errors.js';
import { InputError, OutputError, PartlyDone, ServerError } from './errors.js';

/** What scripts go by. Shown at the end of `jobrelay --help`. */
export const EXIT_CODES = {
  ok: { code: 0, meaning: 'done' },
  failed: {
    code: 1,
    meaning:
      'the run or job failed, or doctor or endpoint check found something that fails, or worker --check no worker, or an artifact is damaged, or the output of a run cannot be written, or some schedules of a file were applied and others not',
  },
  usage: { code: 2, meaning: 'wrong usage, or a bad input, definition or configuration; nothing was started' },
  temporal: { code: 3, meaning: 'Temporal is not reachable, or refuses access' },
  notFound: { code: 4, meaning: 'there is no such run, schedule, artifact, endpoint or job' },
  cancelled: { code: 5, meaning: 'the run was cancelled or terminated by someone else' },
  conflict: {
    code: 6,
    meaning:
      'the key was used before with another input, or the schedule is there already, or the run does not wait for the approval',
  },
  server: { code: 7, meaning: 'a server could not start: port in use, no Temporal CLI' },
  notEnded: { code: 8, meaning: 'the run has not ended (result --no-wait), or the job not yet (endpoint cancel)' },
  provider: {
    code: 9,
    meaning: 'a provider, or the artifact store, does not answer, or refuses the key, or asks for patience',
  },
  internal: { code: 70, meaning: 'a bug: please report it' },
  interrupted: { code: 130, meaning: 'ended by Ctrl-C (143: by SIGTERM)' },
} as const;

const BY_CLIENT_ERROR: Readonly<Record<ClientErrorCode, number>> = {
  TemporalUnreachable: EXIT_CODES.temporal.code,
  AccessDenied: EXIT_CODES.temporal.code,
  NamespaceMissing: EXIT_CODES.temporal.code,
  NoWorker: EXIT_CODES.temporal.code,
  RunNotFound: EXIT_CODES.notFound.code,
  ScheduleNotFound: EXIT_CODES.notFound.code,
  ScheduleExists: EXIT_CODES.conflict.code,
  KeyConflict: EXIT_CODES.conflict.code,
  InvalidInput: EXIT_CODES.usage.code,
  InvalidSettings: EXIT_CODES.usage.code,
  InputTooLarge: EXIT_CODES.usage.code,
  NoArtifactStore: EXIT_CODES.usage.code,
  ApprovalRefused: EXIT_CODES.conflict.code,
  RunFailed: EXIT_CODES.failed.code,
  RunCancelled: EXIT_CODES.cancelled.code,
  RunTerminated: EXIT_CODES.cancelled.code,
  RunTimedOut: EXIT_CODES.failed.code,
};

const BY_JOB_API_ERROR: Readonly<Record<JobApiErrorCode, number>> = {
  InvalidRequest: EXIT_CODES.usage.code,
  PayloadTooLarge: EXIT_CODES.usage.code,
  EndpointNotFound: EXIT_CODES.notFound.code,
  JobNotFound: EXIT_CODES.notFound.code,
  Unauthorized: EXIT_CODES.provider.code,
  InsufficientCredit: EXIT_CODES.provider.code,
  RateLimited: EXIT_CODES.provider.code,
  Unavailable: EXIT_CODES.provider.code,
  SubmitAmbiguous: EXIT_CODES.provider.code,
  ProtocolError: EXIT_CODES.provider.code,
};

/** The exit code for what a command rejected with. */
export function exitCodeFor(error: unknown): number {
  if (error instanceof PartlyDone) {
    const code = exitCodeFor(error.cause);
    // As below: by that of a wrong usage, scripts know that nothing was done.
    return code === EXIT_CODES.usage.code && error.done.any ? EXIT_CODES.failed.code : code;
  }
  if (error instanceof ClientError) return BY_CLIENT_ERROR[error.code];
  if (error instanceof JobApiError) return BY_JOB_API_ERROR[error.code];
  if (error instanceof InputError || error instanceof ConfigError) return EXIT_CODES.usage.code;
  if (error instanceof InvalidEncryptionKeys || error instanceof DecryptionFailed) return EXIT_CODES.usage.code;
  if (error instanceof ArtifactMissing) return EXIT_CODES.notFound.code;
  if (error instanceof ArtifactReferenceInvalid) return EXIT_CODES.usage.code;
  if (error instanceof ArtifactError) return EXIT_CODES.failed.code;
  if (error instanceof StoreUnavailable) return EXIT_CODES.provider.code;
  // Not that of a wrong usage: by that, scripts know that nothing was started.
  if (error instanceof OutputError) return EXIT_CODES.failed.code;
  if (error instanceof ServerError) return EXIT_CODES.server.code;
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODES.ok.code : EXIT_CODES.usage.code;
  return EXIT_CODES.internal.code;
}

/** 128 and the signal's number, as shells count. */
export function signalExitCode(signal: 'SIGINT' | 'SIGTERM'): number {
  return signal === 'SIGINT' ? EXIT_CODES.interrupted.code : 143;
}

/** The table for the help text. */
export function describeExitCodes(): string {
  const rows = Object.values(EXIT_CODES).map(({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`);
  return ['Exit codes:', ...rows].join('\n');
}
