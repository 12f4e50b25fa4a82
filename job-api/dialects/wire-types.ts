/** Leaves of the dialects' schemas. One of the wrong type is dropped, where the answer can be read without it. */
import { z } from 'zod';
import type { JsonValue } from '../json.js';

/** Values come out of `JSON.parse`: checking 20 MB of output again would prove nothing. */
export const json = z.custom<JsonValue>(() => true).optional();

/**
 * A text that is not empty. Not `z.string().min(1)`: that asks anything for its `length`, an object too, and throws where
 * the one that it has is no number.
 */
export const text = z
  .custom<string>((value) => typeof value === 'string' && value !== '')
  .optional()
  .catch(undefined);

export const count = z.number().nonnegative().optional().catch(undefined);
