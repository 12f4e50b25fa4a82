/** The variable that holds the keys, for workers, clients and the command line alike. */
export const ENCRYPTION_VARIABLE = 'JOBRELAY_ENCRYPTION_KEYS';

/** Keys that cannot be used. Holds no part of a key. */
export class InvalidEncryptionKeys extends Error {
  constructor(problem: string) {
    super(`${ENCRYPTION_VARIABLE} ${problem}; \`openssl rand -base64 32\` makes a key`);
    this.name = 'InvalidEncryptionKeys';
  }
}

/** A payload that cannot be read with the keys that are there. */
export class DecryptionFailed extends Error {
  constructor(problem: string, options?: ErrorOptions) {
    super(`cannot read an encrypted payload: ${problem}`, options);
    this.name = 'DecryptionFailed';
  }
}
