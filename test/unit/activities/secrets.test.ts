import { describe, expect, it } from 'vitest';
import { largestFields } from '../../../activities/largest-fields.js';
import { resolveSecrets } from '../../../activities/secrets.js';

describe('resolveSecrets', () => {
  const source = { allowed: ['TOKEN', 'UNSET'], env: { TOKEN: 's3cr3t', OTHER: 'x' } };

  it('fills in allowed names at any depth and leaves the rest as it is', () => {
    const value = { a: [{ $secret: 'TOKEN' }], b: { $secret: 'TOKEN', more: 1 }, c: null };
    expect(resolveSecrets(value, source)).toEqual({ a: ['s3cr3t'], b: { $secret: 'TOKEN', more: 1 }, c: null });
  });

  it.each([
    ['OTHER', /may not be used in inputs: name it under "secrets"/],
    ['UNSET', /UNSET is not set in the worker's environment/],
  ])('refuses %s and says what to do', (name, message) => {
    expect(() => resolveSecrets({ $secret: name }, source)).toThrow(message);
  });
});

describe('largestFields', () => {
  it('names the largest leaves with their sizes', () => {
    expect(largestFields({ small: 1, list: ['x'.repeat(10), 'y'.repeat(98)] }, 2)).toBe(
      'list[1] (100 bytes), list[0] (12 bytes)',
    );
  });
});
