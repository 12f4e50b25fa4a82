import { describe, expect, test } from 'vitest';
import { configFromFile } from '../../../config/build.js';
import { ConfigError, limitsOf, parseYaml } from '../../../config/index.js';
import { DOCUMENTED_LIMITS } from '../../../job-api/limits/limits.js';

const load = (yaml: string) =>
  configFromFile(parseYaml(`version: 1\n${yaml}`, 'jobrelay.yaml'), '/project/jobrelay.yaml', {
    env: {},
    emulatorUrl: 'http://127.0.0.1:8080',
  });

function problemsOf(yaml: string): readonly string[] {
  try {
    load(yaml);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error('the configuration was taken');
}

const provider = (limits: string) =>
  `providers: { lab: { dialect: runpod, baseUrl: "http://lab/v2", limits: ${limits} } }\n`;

describe('limits of an endpoint', () => {
  test('are those that are documented', () => {
    expect(limitsOf(load(''), 'local', 'echo')).toEqual({ limits: DOCUMENTED_LIMITS.runpod, share: 1 });
  });

  test('are changed by its provider, field by field', () => {
    const kept = limitsOf(
      load(provider('{ share: 0.5, submit: { requests: 5, window: 1m, perWorker: 2 } }')),
      'lab',
      'x',
    );
    expect(kept?.share).toBe(0.5);
    expect(kept?.limits.budgets.submit).toEqual({
      operations: ['run'],
      windows: [{ requests: 5, windowMs: 60_000 }],
      atOnce: 200,
      perWorker: 2,
    });
    expect(kept?.limits.budgets.read).toEqual(DOCUMENTED_LIMITS.runpod.budgets.read);
  });

  test('are changed further by its alias', () => {
    const config = load(
      `${provider('{ share: 0.5, submit: { requests: 5 } }')}endpoints: { a: { use: lab/x, limits: { submit: { atOnce: 3 } } } }`,
    );
    expect(limitsOf(config, 'lab', 'x')?.limits.budgets.submit).toMatchObject({
      windows: [{ requests: 5 }],
      atOnce: 3,
    });
    expect(limitsOf(config, 'lab', 'x')?.share).toBe(0.5);
    expect(limitsOf(config, 'lab', 'y')?.limits.budgets.submit).toMatchObject({ atOnce: 200 });
  });

  test.each([
    ['of a provider', provider('off')],
    ['of an alias', `${provider('{ share: 0.5 }')}endpoints: { a: { use: lab/x, limits: off } }`],
  ])('are none where they are off, %s', (_what, yaml) => {
    expect(limitsOf(load(yaml), 'lab', 'x')).toBeUndefined();
  });

  test('are there again where an alias has its own', () => {
    const config = load(`${provider('off')}endpoints: { a: { use: lab/x, limits: { share: 0.25 } } }`);
    expect(limitsOf(config, 'lab', 'x')).toEqual({ limits: DOCUMENTED_LIMITS.runpod, share: 0.25 });
  });
});

describe('a file', () => {
  test.each([
    [provider('{ share: 0 }'), 'providers.lab.limits.share: must be over 0'],
    [provider('{ share: 2 }'), 'jobrelay.yaml:2:74: providers.lab.limits.share: must be at most 1'],
    [provider('{ submit: { requests: 1.5 } }'), 'must be a whole number'],
    [provider('{ submit: { window: soon } }'), 'must be a duration like "10s" or "1m"'],
    [
      provider('{ submit: { window: 0s } }'),
      'jobrelay.yaml:2:84: providers.lab.limits.submit.window: "0s" is not a duration',
    ],
    [provider('{ submits: { requests: 1 } }'), 'did you mean submit?'],
    [
      provider('{ all: { requests: 1 } }'),
      'dialect runpod has no limit of all operations together: name submit, read, cancel',
    ],
    [provider('slow'), 'must be off, or a map with share and budgets'],
    ['limits: { store: { redis: "redis://user:secret@host" } }', 'must name an environment variable, as "'],
    [
      'endpoints: { a: { use: local/x, limits: off }, b: { use: [local/x, local/y], limits: off } }',
      'endpoints.b.limits: limits of the same endpoint stand at a too: an endpoint has one set of them',
    ],
  ])('that says %s is told what is wrong', (yaml, message) => {
    const problems = problemsOf(yaml);
    expect(problems).toEqual([expect.stringContaining(message)]);
    expect(problems.join()).not.toContain('secret');
  });

  test('names the variable with the address of the store', () => {
    expect(load(`limits: { store: { redis: "\${REDIS_URL}" } }`).limitsRedisEnv).toBe('REDIS_URL');
  });
});
