import { formatPath, type Problem } from '../config/index.js';
import type { FailureType } from '../workflows/contract.js';

export type { Problem } from '../config/index.js';

/** What a {@link DefinitionError} can be about, as the `type` of the failure that it becomes. */
export type DefinitionErrorType = Extract<
  FailureType,
  'DefinitionInvalid' | 'InputRejected' | 'InvalidRequest' | 'EndpointNotFound' | 'ValueTooLarge'
>;

/** Beyond these a failure would be too large to record, and too long to read. */
const MAX_PROBLEMS = 50;
const MAX_PROBLEM_LENGTH = 600;
const MAX_KEY_LENGTH = 100;

/**
 * A definition or an input that cannot run, with everything that is wrong with it. The paths of a `DefinitionInvalid`
 * begin in the definition; those of the other types in the run's input.
 */
export class DefinitionError extends Error {
  override readonly name = 'DefinitionError';
  readonly type: DefinitionErrorType;
  /** So many of them, and so much of each, as a failure can carry. */
  readonly problems: readonly Problem[];
  /** All of them, whole. */
  readonly found: readonly Problem[];
  /** What a Temporal failure carries beside the message. */
  readonly details: { readonly problems: readonly Problem[] };

  constructor(type: DefinitionErrorType, found: readonly Problem[]) {
    const problems = found.slice(0, MAX_PROBLEMS).map(shorten);
    const rest = found.length - problems.length;
    super([...problems.map(describeProblem), ...(rest > 0 ? [`… and ${rest} more`] : [])].join('\n'));
    this.type = type;
    this.problems = problems;
    this.found = found;
    this.details = { problems };
  }
}

/** `steps.best.set: unknown step "drafts" (known: draw, sheet)` */
function describeProblem({ path, message }: Problem): string {
  return path.length === 0 ? message : `${formatPath(path)}: ${message}`;
}

/** A text of the author's in a message: in quotes, and not longer than a line. */
export function quote(text: string): string {
  return JSON.stringify(cut(text, 60));
}

/** At most `length` characters, with a sign that some are missing. */
export function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

function shorten({ path, message }: Problem): Problem {
  return {
    path: path.map((part) => (typeof part === 'string' ? cut(part, MAX_KEY_LENGTH) : part)),
    message: cut(message, MAX_PROBLEM_LENGTH),
  };
}
