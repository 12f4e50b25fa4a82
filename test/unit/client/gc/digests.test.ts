import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { DigestSet } from '../../../../client/gc/digest-set.js';
import { digestsIn, digestsInStream } from '../../../../client/gc/digests-in.js';
import { payloadsIn } from '../../../../client/gc/payloads-in.js';

const digest = (of: number | string) => createHash('sha256').update(String(of)).digest('hex');

describe('a set of digests', () => {
  test('has what was added and nothing else, however many', () => {
    const set = new DigestSet(2);
    for (let at = 0; at < 20_000; at++) expect(set.add(digest(at))).toBe(true);
    expect(set.size).toBe(20_000);
    for (let at = 0; at < 20_000; at += 7) {
      expect(set.add(digest(at))).toBe(false);
      expect(set.has(digest(at))).toBe(true);
      expect(set.has(digest(`no ${at}`))).toBe(false);
    }
  });

  test('takes the digest of zeros', () => {
    const set = new DigestSet();
    expect(set.has('0'.repeat(64))).toBe(false);
    expect([set.add('0'.repeat(64)), set.add('0'.repeat(64)), set.size]).toEqual([true, false, 1]);
  });
});

describe('digests', () => {
  const [a, b] = [digest('a'), digest('b')];
  test.each([
    [
      'in a reference',
      JSON.stringify({ $artifact: { sha256: a, uri: `file:///x/sha256/${a.slice(0, 2)}/${a}` } }),
      [a, a],
    ],
    ['of a log', JSON.stringify({ page: a, segments: [[b, 4]] }), [a, b]],
    ['in JSON within JSON', JSON.stringify(JSON.stringify({ sha256: a })), [a]],
    [
      'behind an escape that ends like one',
      `"\\f${a}\\u00ab${b}"`,
      [`f${a}`.slice(0, 64), a, `00ab${b}`.slice(0, 64), b],
    ],
    ['too short', a.slice(1), []],
    ['in capitals, which are none of ours', a.toUpperCase().replace(/\d/g, 'A'), []],
  ])('are found %s', (_, text, found) => {
    expect(digestsIn(Buffer.from(text))).toEqual(found);
  });

  test('are found in a stream wherever it is cut', async () => {
    const text = Buffer.from(`[{"x":"ä${a}"},"${b}"]`);
    for (let cut = 0; cut <= text.length; cut++) {
      const found = new Set<string>();
      for await (const one of digestsInStream(parts(text, cut))) found.add(one);
      expect([...found]).toEqual(expect.arrayContaining([a, b]));
    }
  });
});

test('payloads are found in whatever an answer holds', () => {
  const payload = (text: string) => ({ metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from(text) });
  const answer = {
    events: [{ someNewAttributes: { deep: { payloads: [payload('1')] } } }, { memo: { fields: { a: payload('2') } } }],
    failure: { cause: { applicationFailureInfo: { details: { payloads: [payload('3')] } } } },
    data: Buffer.from('no payload'),
    nothing: null,
  };
  expect([...payloadsIn(answer)].map(({ data }) => Buffer.from(data ?? []).toString())).toEqual(['1', '2', '3']);
});

async function* parts(bytes: Buffer, cut: number): AsyncGenerator<Uint8Array> {
  yield bytes.subarray(0, cut);
  yield bytes.subarray(cut);
}
