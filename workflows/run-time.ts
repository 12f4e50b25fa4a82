/** The time by the clock of the run, ISO 8601: the same at each replay. */
export function now(): string {
  return new Date().toISOString();
}
