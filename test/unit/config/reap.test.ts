import { describe, expect, test } from 'vitest';
import { configFromFile } from '../../../config/build.js';
import { parseYaml } from '../../../config/index.js';

const load = (yaml: string) =>
  configFromFile(parseYaml(`version: 1\n${yaml}`, 'jobrelay.yaml'), '/project/jobrelay.yaml', {
    env: {},
    emulatorUrl: 'http://127.0.0.1:8080',
  }).reap;

describe('reap', () => {
  test.each([
    ['', undefined],
    ['reap: off', 'off'],
    ['reap: { every: 15m }', { everyMs: 900_000 }],
    ['reap: {}', { everyMs: 3_600_000 }],
  ] as const)('of "%s" is %j', (yaml, reap) => {
    expect(load(yaml)).toEqual(reap);
  });

  test.each([
    ['reap: on', 'must be off, or a map with every'],
    ['reap: { every: 10s }', 'must be at least 1m'],
    ['reap: { every: 2d }', 'at most 1 day'],
  ])('of "%s" is refused', (yaml, problem) => {
    expect(() => load(yaml)).toThrow(problem);
  });
});
