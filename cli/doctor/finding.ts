/** What one check found. A warning is something that only some commands need. */
export interface Finding {
  readonly check: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly message: string;
  /** What to do about it. */
  readonly remedy?: string;
}

/** Findings of one check, by its name. */
export function checkNamed(check: string) {
  return {
    ok: (message: string): Finding => ({ check, status: 'ok', message }),
    warn: (message: string, remedy: string): Finding => ({ check, status: 'warn', message, remedy }),
    fail: (message: string, remedy?: string): Finding => ({
      check,
      status: 'fail',
      message,
      ...(remedy && { remedy }),
    }),
  };
}
