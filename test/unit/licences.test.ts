import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

interface LockedPackage {
  readonly dev?: boolean;
  readonly license?: string;
  readonly resolved?: string;
}

/** Licences that ask for no more than their notice to be kept. */
const PERMISSIVE = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Python-2.0',
  'Unlicense',
]);

/** Read by hand and found fit: the package, with what the lock file says of it. */
const ACCEPTED: Readonly<Record<string, string>> = {
  // Its package.json names none; its LICENSE file is the Unlicense.
  'node_modules/unionfs': 'none named',
  // Data about browsers, not code, in the bundler that the Temporal worker brings; it asks for attribution.
  'node_modules/caniuse-lite': 'CC-BY-4.0',
};

/** SPDX expressions as they occur: `A`, `(A OR B)`, `A AND B`. */
function isPermissive(expression: string): boolean {
  return expression
    .replace(/[()]/g, '')
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((license) => PERMISSIVE.has(license)));
}

describe('what the package depends on', async () => {
  const lock = JSON.parse(await readFile(new URL('../../package-lock.json', import.meta.url), 'utf8'));
  const { '': root, ...packages } = lock.packages as Readonly<Record<string, LockedPackage>>;

  it('is free to use: every licence is permissive, down to the last package', () => {
    const shipped = Object.entries(packages).filter(([, { dev }]) => dev !== true);
    const strict = shipped
      .map(([path, { license = 'none named' }]) => ({ path, license }))
      .filter(({ path, license }) => !isPermissive(license) && ACCEPTED[path] !== license);
    expect(shipped.length).toBeGreaterThan(50);
    expect(strict).toEqual([]);
  });

  it('is locked to versions and not to a registry', () => {
    expect(root).toBeDefined();
    const located = Object.entries(packages).filter(([, { resolved }]) => resolved !== undefined);
    expect(located).toEqual([]);
  });
});

describe('isPermissive', () => {
  it.each([
    ['MIT', true],
    ['(MIT OR GPL-3.0-only)', true],
    ['Apache-2.0 AND MIT', true],
    ['Apache-2.0 AND LGPL-3.0-or-later', false],
    ['AGPL-3.0-only', false],
    ['none named', false],
  ])('takes "%s" for %s', (expression, expected) => {
    expect(isPermissive(expression)).toBe(expected);
  });
});
