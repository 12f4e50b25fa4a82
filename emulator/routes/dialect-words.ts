import type { Operation } from '../operation.js';
import type { Answer } from './carry-out.js';
import type { RefusalBody } from './refusal.js';

/** How a dialect words what the engine answered. */
export interface DialectWords {
  /** The body of a 200. */
  answer(operation: Operation, answer: Answer): unknown;
  /** The body of an error. */
  error(httpStatus: number, body: RefusalBody): unknown;
}
