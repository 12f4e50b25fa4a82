import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { LONG_FILES } from '../setup/long-files.js';

it('the files that begin first are there', () => {
  const isThere = (name: string) => existsSync(fileURLToPath(new URL(`../../${name}`, import.meta.url)));
  expect(Object.keys(LONG_FILES).filter((name) => !isThere(name))).toEqual([]);
});
