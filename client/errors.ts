import type { JobFailureDetails, Settlement, StepFailedDetails } from '../workflows/contract.js';

/** Codes of what a call of the client can reject with. Stable: scripts and exit codes go by them. */
export type ClientErrorCode =
  | 'TemporalUnreachable'
  | 'AccessDenied'
  | 'NamespaceMissing'
  | 'RunNotFound'
  | 'ScheduleNotFound'
  | 'ScheduleExists'
  | 'KeyConflict'
  | 'InvalidInput'
  | 'InvalidSettings'
  | 'InputTooLarge'
  | 'NoWorker'
  | 'NoArtifactStore'
  | 'ApprovalRefused'
  | 'RunFailed'
  | 'RunCancelled'
  | 'RunTerminated'
  | 'RunTimedOut';

/** Base of every error that the client makes. */
export abstract class ClientError extends Error {
  abstract readonly code: ClientErrorCode;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** No Temporal server answers at the address. */
export class TemporalUnreachable extends ClientError {
  readonly code = 'TemporalUnreachable';
  readonly address: string;
  readonly reason: string | undefined;

  /** @param options `otherwise`: one more remedy that the caller knows of; `reason`: why, where something is known. */
  constructor(address: string, { otherwise, reason, ...options }: UnreachableOptions = {}) {
    const more = otherwise === undefined ? '' : `, or ${otherwise}`;
    const why = reason === undefined ? '' : ` (${reason})`;
    super(
      `no Temporal server answers at ${address}${why}: start one with \`jobrelay dev\`, or set TEMPORAL_ADDRESS to where yours is${more}`,
      options,
    );
    this.address = address;
    this.reason = reason;
  }
}

interface UnreachableOptions extends ErrorOptions {
  readonly otherwise?: string;
  readonly reason?: string | undefined;
}

/** What is set of Temporal, by variables or in its configuration file, cannot be used. */
export class InvalidSettings extends ClientError {
  readonly code = 'InvalidSettings';
}

/** Temporal answers and refuses the call: the API key or the client certificate is missing, wrong or not allowed to. */
export class AccessDenied extends ClientError {
  readonly code = 'AccessDenied';

  constructor(address: string, reason: string, options?: ErrorOptions) {
    super(
      `Temporal at ${address} refuses access (${reason}): check TEMPORAL_API_KEY and the TEMPORAL_TLS_* variables`,
      options,
    );
  }
}

/** The Temporal server has no such namespace. */
export class NamespaceMissing extends ClientError {
  readonly code = 'NamespaceMissing';

  constructor(namespace: string, address: string, options?: ErrorOptions) {
    super(`Temporal at ${address} has no namespace "${namespace}": set TEMPORAL_NAMESPACE to one that exists`, options);
  }
}

/** Temporal knows no such run: the id is wrong, it is in another namespace, or its retention is over. */
export class RunNotFound extends ClientError {
  readonly code = 'RunNotFound';
  readonly workflowId: string;

  constructor(workflowId: string, namespace: string, options?: ErrorOptions) {
    super(
      `there is no run "${workflowId}" in the namespace "${namespace}": check the id; closed runs are deleted when the namespace's retention is over`,
      options,
    );
    this.workflowId = workflowId;
  }
}

/** A keyed start whose key was used before, with another input. */
export class KeyConflict extends ClientError {
  readonly code = 'KeyConflict';
  readonly workflowId: string;

  constructor(workflowId: string) {
    super(`"${workflowId}" was started before with another input: a key stands for one input, so use another key`);
    this.workflowId = workflowId;
  }
}

/** An input that JSON cannot hold. */
export class InvalidInput extends ClientError {
  readonly code = 'InvalidInput';
  /** Where in the input, as `input.images[3]`. */
  readonly path: string;

  constructor(path: string, problem: string) {
    super(`${path} ${problem}`);
    this.path = path;
  }
}

/** An input over what a start can carry. */
export class InputTooLarge extends ClientError {
  readonly code = 'InputTooLarge';
  readonly bytes: number;
  readonly maxBytes: number;
  /** Path of the largest field. */
  readonly largest: string;

  constructor({ bytes, maxBytes, largest, largestBytes }: InputTooLargeFields) {
    super(
      `the input is ${bytes} bytes of JSON and a start can carry ${maxBytes}; its largest field is ${largest} with ${largestBytes} bytes: ` +
        'give the client the artifact store of the worker (`artifacts`), which then holds the large fields, or pass a URL',
    );
    this.bytes = bytes;
    this.maxBytes = maxBytes;
    this.largest = largest;
  }
}

interface InputTooLargeFields {
  readonly bytes: number;
  readonly maxBytes: number;
  readonly largest: string;
  readonly largestBytes: number;
}

/** A query that no worker answered in time. The run itself is not touched by that. */
export class NoWorker extends ClientError {
  readonly code = 'NoWorker';

  constructor(workflowId: string, taskQueue: string, options?: ErrorOptions) {
    super(
      `no worker answered for "${workflowId}": start one with \`jobrelay worker\` (task queue "${taskQueue}")`,
      options,
    );
  }
}

/** An artifact was asked for, and the client has no store. */
export class NoArtifactStore extends ClientError {
  readonly code = 'NoArtifactStore';

  constructor() {
    super("this client has no artifact store: pass `artifacts` to createClient, with the path of the worker's");
  }
}

/** A decision that the run does not take: it does not wait for it, or was told otherwise before. */
export class ApprovalRefused extends ClientError {
  readonly code = 'ApprovalRefused';
  readonly workflowId: string;
  /** What is wrong with it, without the name of the run. */
  readonly reason: string;

  constructor(workflowId: string, reason: string, options?: ErrorOptions) {
    super(`run ${workflowId} does not take the decision: ${reason}`, options);
    this.workflowId = workflowId;
    this.reason = reason;
  }
}

/** What a failed run tells: of its job, of its step that failed, or of what is wrong with its definition or input. */
export type RunFailureDetails =
  | JobFailureDetails
  | StepFailedDetails
  | { readonly problems: readonly { readonly path: readonly (string | number)[]; readonly message: string }[] };

export interface RunIdentity {
  readonly workflowId: string;
  readonly runId: string;
}

/** Base of the ends of a run that brought no result. */
abstract class RunEnded extends ClientError {
  readonly workflowId: string;
  readonly runId: string;

  constructor({ workflowId, runId }: RunIdentity, how: string, options?: ErrorOptions) {
    super(`run ${workflowId} ${how}`, options);
    this.workflowId = workflowId;
    this.runId = runId;
  }
}

/** The run ended with a failure. */
export class RunFailed extends RunEnded {
  readonly code = 'RunFailed';
  /** A `FailureType`, or the name of an error that is not ours. */
  readonly type: string;
  readonly details: RunFailureDetails | undefined;

  constructor(
    run: RunIdentity,
    failure: { type: string; message: string; details?: RunFailureDetails },
    options?: ErrorOptions,
  ) {
    super(run, `failed with ${failure.type}: ${failure.message}`, options);
    this.type = failure.type;
    this.details = failure.details;
  }
}

/** The run was cancelled, and its remote jobs are settled as told. */
export class RunCancelled extends RunEnded {
  readonly code = 'RunCancelled';
  /** Absent where the run was cancelled before it began. */
  readonly settlement: Settlement | undefined;

  constructor(run: RunIdentity, settlement: Settlement | undefined, options?: ErrorOptions) {
    super(run, 'was cancelled', options);
    this.settlement = settlement;
  }
}

/** The run was terminated: it could not settle its jobs itself. What was waiting for them cancels those it knows. */
export class RunTerminated extends RunEnded {
  readonly code = 'RunTerminated';
  readonly reason: string;

  constructor(run: RunIdentity, reason: string, options?: ErrorOptions) {
    super(run, `was terminated: ${reason}`, options);
    this.reason = reason;
  }
}

/** A workflow timeout that whoever started the run had set. The client sets none. */
export class RunTimedOut extends RunEnded {
  readonly code = 'RunTimedOut';

  constructor(run: RunIdentity, options?: ErrorOptions) {
    super(run, 'was ended by its workflow timeout', options);
  }
}
