/** What can be wrong with stored values, as stable codes. */
export type ArtifactErrorCode = 'ArtifactMissing' | 'ArtifactCorrupt' | 'ArtifactReferenceInvalid' | 'ValueTooLarge';

/** Base of the errors of this folder. None is cured by doing the same again. */
export abstract class ArtifactError extends Error {
  abstract readonly code: ArtifactErrorCode;
  readonly retryable = false;

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** No artifact has this digest: it was removed, or stored under another root. */
export class ArtifactMissing extends ArtifactError {
  readonly code = 'ArtifactMissing';
  readonly sha256: string;

  constructor(sha256: string, where: string) {
    super(
      `artifact ${sha256} is not in ${where}: it was removed, or stored by a process that keeps its artifacts elsewhere ` +
        '(compare `artifacts` of both)',
    );
    this.sha256 = sha256;
  }
}

/** The stored bytes are not those that were put: a damaged disk, or a file changed by hand. */
export class ArtifactCorrupt extends ArtifactError {
  readonly code = 'ArtifactCorrupt';
  readonly sha256: string;

  constructor(sha256: string, where: string) {
    super(`artifact ${sha256} is damaged: the content of ${where} has another digest; delete it and store it again`);
    this.sha256 = sha256;
  }
}

/** An object with the key `$artifact` that is not a reference, or one that lies about what it names. */
export class ArtifactReferenceInvalid extends ArtifactError {
  readonly code = 'ArtifactReferenceInvalid';
}

/** A value no store can hold, or that no process should load: nested too deep, or too many bytes. */
export class ValueTooLarge extends ArtifactError {
  readonly code = 'ValueTooLarge';
}

/**
 * The place where artifacts are kept cannot be used now: it does not answer, or refuses. No {@link ArtifactError}, since
 * the same may go well later, when it is back or somebody has corrected what is wrong.
 */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
  readonly problem: string;
  readonly remedy: string;

  constructor(location: string, problem: string, remedy: string, options?: ErrorOptions) {
    super(`the artifact store ${location} cannot be used: ${problem}; ${remedy}`, options);
    this.problem = problem;
    this.remedy = remedy;
  }
}
