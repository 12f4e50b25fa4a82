import { describe, expect, it } from 'vitest';
import { correlationKeyFor, withCorrelationKey } from '../../../activities/correlation.js';
import type { ActivityDeps } from '../../../activities/deps.js';
import type { JsonValue } from '../../../job-api/index.js';

const use = [{ endpoint: 'draw', provider: 'local', endpointId: 'draw' }];
const config = {
  endpoints: { draw: { alias: 'draw', use, correlation: { field: 'relay_key' } }, plain: { alias: 'plain', use } },
} as unknown as ActivityDeps['config'];
const submit = (endpoint: string, correlationKey?: string) => ({
  target: { endpoint, provider: 'local', endpointId: 'draw' },
  input: {},
  executionTimeoutMs: 1,
  ttlMs: 1,
  ...(correlationKey === undefined ? {} : { correlationKey }),
});
const info = (activityId: string, runId = 'run') => ({ activityId, workflowExecution: { workflowId: 'w', runId } });

describe('the key of a submit', () => {
  const keyOf = (activityId: string, runId?: string) =>
    correlationKeyFor(submit('draw'), { config }, info(activityId, runId));

  it('is its own, the same each time, and fit for a path', () => {
    const keys = [keyOf('draw[0]/submit-1'), keyOf('draw[1]/submit-1'), keyOf('draw[0]/submit-2'), keyOf('a', 'other')];
    expect(new Set(keys).size).toBe(4);
    expect(keyOf('draw[0]/submit-1')).toBe(keys[0]);
    for (const key of keys) expect(key).toMatch(/^(run|other)-[0-9a-f]{16}$/);
  });

  it('is that of the submit in whose place it is', () => {
    expect(correlationKeyFor(submit('draw', 'before'), { config }, info('draw/submit-2'))).toBe('before');
  });

  it.each(['plain', 'local/draw', 'removed', 'constructor'])('is none where the alias has none: %s', (endpoint) => {
    expect(correlationKeyFor(submit(endpoint, 'before'), { config }, info('job/submit-1'))).toBeUndefined();
    expect(withCorrelationKey({ a: 1 }, submit(endpoint, 'before'), { config })).toEqual({ a: 1 });
  });
});

describe('an input', () => {
  const keyed = (input: JsonValue) => withCorrelationKey(input, submit('draw', 'key'), { config });

  it('gets the key in its field, in the place of what is there, and stays itself as it was', () => {
    const input = { prompt: 'a', relay_key: 'of an earlier output' };
    expect(keyed(input)).toEqual({ prompt: 'a', relay_key: 'key' });
    expect(input.relay_key).toBe('of an earlier output');
    expect(keyed({})).toEqual({ relay_key: 'key' });
  });

  it.each<JsonValue>([null, 'text', 7, [1]])(
    'that is no object is refused, with the place that asks for one: %j',
    (input) => {
      expect(() => keyed(input)).toThrow(
        'the input for draw must be an object: endpoints.draw.correlation puts the field "relay_key" into it',
      );
    },
  );
});
