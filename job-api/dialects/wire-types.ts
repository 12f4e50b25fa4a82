/** Leaves of the dialects' answers. One of the wrong type is dropped, where the answer can be read without it. */
import { z } from 'zod';

/** A text that is not empty. */
export function textIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Three decades of milliseconds. What is more is a date, or nonsense; added to a date it may be none that can be written. */
const COUNT_MAX = 1e12;

/** A number that can count something. */
export function countIn(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= COUNT_MAX ? value : undefined;
}

/**
 * As {@link textIn}, in a schema. Not `z.string().min(1)`: that asks anything for its `length`, an object too, and throws
 * where the one that it has is no number.
 */
export const text = z
  .custom<string>((value) => textIn(value) !== undefined)
  .optional()
  .catch(undefined);

/** As {@link countIn}, in a schema. */
export const count = z.number().nonnegative().max(COUNT_MAX).optional().catch(undefined);
