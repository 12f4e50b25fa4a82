/** Something the caller gave is wrong, and nothing was started. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/** A server of ours could not start. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
}
