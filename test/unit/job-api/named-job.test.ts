import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jobIdNamedIn } from '../../../job-api/http/named-job.js';

const ID = '0199-abc-u1';

describe('a broken answer names its job', () => {
  test.each([
    ['cut after the id', `{"id":"${ID}","sta`],
    ['cut right behind it', `{"id":"${ID}"`],
    ['cut in the next text', `{"id": "${ID}", "status": "IN_QU`],
    ['with its id further on', `{"delayTime":12,"output":{"id":"other","of":["id"]},"id":"${ID}",`],
    ['printed by Python', `{'id': '${ID}', 'status': None}`],
    ['in an envelope', `{"code":20000,"message":"ok","data":{"id":"${ID}","sta`],
    ['in another envelope', `{"job":{"id":"${ID}"}}`],
    ['with something behind it', `{"id":"${ID}","status":"IN_QUEUE"}\n<!-- edge -->`],
    ['twice the same', `{"id":"${ID}","data":{"id":"${ID}"}`],
  ])('%s', (_what, text) => {
    expect(jobIdNamedIn(text)).toBe(ID);
  });
});

describe('a broken answer names no job', () => {
  test.each([
    ['that is cut in the id', '{"id":"0199-ab'],
    ['that is empty', ''],
    ['that is a page', '<html><body id="main">502</body></html>'],
    ['whose id is of something else', '{"input":{"id":"other"},"output":[{"id":"other"}],"webhook":{"id":"x"}'],
    ['that is a list', '[{"id":"one"},{"id":"two"}'],
    ['that names two', '{"id":"one","data":{"id":"two"}}'],
    ['whose id is no text', '{"id":12345,"status":"IN_QUEUE"'],
    ['whose id is empty', '{"id":"","status":"IN_QUEUE"'],
    ['whose id would lead elsewhere', '{"id":"../../purge-queue?x=","sta'],
    ['whose id is written with escapes', '{"id":"a\\u002fb","sta'],
    ['whose id is endless', `{"id":"${'a'.repeat(201)}","sta`],
    ['that says it in a text', '{"error":"could not queue {\\"id\\":\\"one\\"}'],
    ['that says it far behind', `{"output":"${'x'.repeat(70_000)}","id":"one",`],
  ])('%s', (_what, text) => {
    expect(jobIdNamedIn(text)).toBeUndefined();
  });
});

test('wherever the answer of a submit is cut, the id is read whole or not at all', () => {
  const whole = JSON.stringify({ id: ID, status: 'IN_QUEUE', more: [{ id: 'other' }] });
  const read = Array.from({ length: whole.length + 1 }, (_, cut) => jobIdNamedIn(whole.slice(0, cut)));
  const first = whole.indexOf(ID) + ID.length + 1;
  expect(read).toEqual(read.map((_, cut) => (cut < first ? undefined : ID)));
});

test('whatever comes is looked at in no time', () => {
  const piece = fc.constantFrom('"', "'", '\\', '\\"', '{', '[', ']', '}', ':', ',', 'id', '"id":"x"', ' ', 'a');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 400 }), (pieces) => {
      const id = jobIdNamedIn(pieces.join(''));
      expect(id === undefined || /^[\w-]+$/.test(id)).toBe(true);
    }),
  );
  // Would take minutes where each quote was looked for from each place.
  expect(jobIdNamedIn(`{${'"\\"'.repeat(30_000)}`)).toBeUndefined();
  expect(jobIdNamedIn(`{"id":${'['.repeat(60_000)}`)).toBeUndefined();
});
