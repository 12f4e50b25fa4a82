/** A result that cannot be captured, however often it is tried. The message holds no query string: those sign. */
export class CaptureRefused extends Error {
  override readonly name = 'CaptureRefused';
}

/** A result that could not be fetched now. */
export class CaptureUnavailable extends Error {
  override readonly name = 'CaptureUnavailable';
}
