import { describe, expect, it } from 'vitest';
import { startDetails } from '../../../client/start-details.js';
import type { JsonObject } from '../../../job-api/json.js';

describe('the details of a run', () => {
  it.each<[string, JsonObject, string | undefined, readonly string[]]>([
    [
      'name the endpoint of a job, the size of its input and its key',
      { endpoint: 'runpod/abc', input: { prompt: 'a red boat' } },
      'order-17',
      ['- Endpoint: runpod/abc', '- Input: 23 bytes', '- Key: order-17'],
    ],
    ['name endpoints in the order they are tried', { endpoint: ['a', 'b/c'] }, undefined, ['- Endpoint: a, then b/c']],
    [
      'name the pipeline and count its steps',
      { definition: { name: 'captions', steps: { draw: {}, sheet: {} } }, input: 'x'.repeat(2_000) },
      undefined,
      ['- Pipeline: captions, 2 steps', '- Input: 2.0 KiB'],
    ],
    [
      'have a word for a pipeline without a name',
      { definition: { steps: { a: {} } } },
      undefined,
      ['- Pipeline: without a name, 1 step'],
    ],
    [
      'name the pipeline that is given by name',
      { pipeline: 'cap_tions' },
      undefined,
      ['- Pipeline: cap\\_tions, by its name'],
    ],
    [
      'say megabytes',
      { endpoint: 'a', input: 'x'.repeat(3 * 1024 * 1024) },
      undefined,
      ['- Endpoint: a', '- Input: 3.0 MiB'],
    ],
    ['show what is given as it is', { endpoint: 'a*b' }, '<b>', ['- Endpoint: a\\*b', '- Key: \\<b\\>']],
    ['are empty for an input that is none of ours', { endpoint: 7, definition: [] }, undefined, []],
  ])('%s', (_name, input, key, lines) => {
    expect(startDetails(input, key).split('\n').filter(Boolean)).toEqual(lines);
  });

  it('fit what Temporal takes', () => {
    const details = startDetails({ endpoint: Array.from({ length: 500 }, () => '|'.repeat(500)) }, '🚤'.repeat(1_000));
    expect(Buffer.byteLength(details)).toBeLessThan(20_000);
    expect(details).toContain(', and 490 more');
  });
});
