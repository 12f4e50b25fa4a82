import { isGrpcServiceError, WorkflowNotFoundError } from '@temporalio/client';
import { NamespaceNotFoundError } from '@temporalio/common';
import { DecryptionFailed } from '../encryption/index.js';
import {
  AccessDenied,
  ClientError,
  InvalidSettings,
  NamespaceMissing,
  NoWorker,
  RunNotFound,
  TemporalUnreachable,
} from './errors.js';

export interface CallSite {
  readonly address: string;
  readonly namespace: string;
  /** The run that the call was about. */
  readonly workflowId?: string;
  readonly taskQueue?: string;
}

/** Codes of gRPC (its status code document), of which `@temporalio/client` exports none. */
const GRPC = {
  cancelled: 1,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  failedPrecondition: 9,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** What the SDK rejected with, in this client's words; anything unforeseen comes back as it is. */
export function translateError(error: unknown, site: CallSite): unknown {
  if (error instanceof ClientError) return error;
  const options = { cause: error };
  if (error instanceof DecryptionFailed) return new InvalidSettings(error.message, options);
  if (error instanceof NamespaceNotFoundError) return new NamespaceMissing(site.namespace, site.address, options);
  if (error instanceof WorkflowNotFoundError) return new RunNotFound(site.workflowId ?? '', site.namespace, options);

  const grpcError = grpcCause(error);
  switch (grpcError?.code) {
    case GRPC.unavailable:
      return new TemporalUnreachable(site.address, options);
    // A key that is too long for an id, as one example.
    case GRPC.invalidArgument:
      return new InvalidSettings(`Temporal refuses the request: ${grpcError.details || error}`, options);
    case GRPC.permissionDenied:
    case GRPC.unauthenticated:
      return new AccessDenied(site.address, grpcError.details || 'no reason given', options);
    case GRPC.notFound:
      return site.workflowId === undefined ? error : new RunNotFound(site.workflowId, site.namespace, options);
    // See `deadlinePassed`.
    case GRPC.cancelled:
    case GRPC.deadlineExceeded:
    case GRPC.failedPrecondition:
      return site.taskQueue === undefined || site.workflowId === undefined
        ? error
        : new NoWorker(site.workflowId, site.taskQueue, options);
    default:
      // Only the wait for a connection ends with a plain Error.
      return error instanceof Error && /failed to connect before the deadline/i.test(error.message)
        ? new TemporalUnreachable(site.address, options)
        : error;
  }
}

/**
 * Whether a call ended because its time, in milliseconds since 1970, was over. A server ends a call at its deadline by a
 * reset, which now and then arrives before our own timer is due.
 */
export function deadlinePassed(error: unknown, deadline: number): boolean {
  const code = grpcCause(error)?.code;
  return code === GRPC.deadlineExceeded || (code === GRPC.cancelled && Date.now() >= deadline - EARLY_MS);
}

/** By how much a server's clock may run ahead in the life of a call. */
const EARLY_MS = 100;

function grpcCause(error: unknown): { readonly code: number; readonly details: string } | undefined {
  for (let current = error; current instanceof Error; current = current.cause) {
    if (isGrpcServiceError(current)) return current;
  }
  return undefined;
}
