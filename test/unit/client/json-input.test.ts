import { describe, expect, it } from 'vitest';
import { InputTooLarge } from '../../../client/errors.js';
import { checkSize, toJson } from '../../../client/json-input.js';

describe('an input', () => {
  it('comes through as it is where it is JSON', () => {
    const input = { text: 'a', list: [1, null, true, { deep: [] }] };
    expect(toJson(input)).toEqual(input);
  });

  it('leaves out fields that are undefined, as JSON.stringify does', () => {
    expect(toJson({ a: undefined, b: 1 })).toEqual({ b: 1 });
  });

  it('may be an object without a prototype', () => {
    expect(toJson(Object.assign(Object.create(null), { a: 1 }))).toEqual({ a: 1 });
  });

  const cycle: Record<string, unknown> = {};
  cycle.self = { again: cycle };

  it.each([
    ['a Date', { when: new Date(0) }, 'input.when is a Date: pass what it stands for as plain JSON'],
    ['bytes', { image: new Uint8Array(2) }, 'input.image is a Uint8Array: pass bytes as a base64 string'],
    ['a Map', { m: new Map() }, 'input.m is a Map: pass what it stands for as plain JSON'],
    ['NaN', { n: [0, Number.NaN] }, 'input.n[1] is NaN, which JSON cannot hold'],
    ['a bigint', { n: 1n }, 'input.n is a bigint, which JSON cannot hold'],
    ['a function', { 'on-end': () => 1 }, 'input["on-end"] is a function, which JSON cannot hold'],
    ['a hole in a list', { list: [1, undefined] }, 'input.list[1] is undefined, which JSON cannot hold'],
    ['a cycle', cycle, 'input.self.again contains itself: JSON has no cycles'],
  ])('with %s is refused, and the message says where', (_name, input, message) => {
    expect(() => toJson(input)).toThrow(message);
  });

  it('that is nested without end is refused', () => {
    let deep: unknown = 1;
    for (let depth = 0; depth < 10_000; depth += 1) deep = [deep];
    expect(() => toJson(deep)).toThrow(/is nested deeper than 200 levels/);
  });
});

describe('the size check', () => {
  it('lets an input at the limit through', () => {
    expect(() => checkSize({ a: 'x' }, '{"a":"x"}'.length)).not.toThrow();
  });

  it('counts bytes, not characters', () => {
    expect(() => checkSize({ a: 'é' }, '{"a":"é"}'.length)).toThrow(InputTooLarge);
  });

  it.each([
    ['a field', { prompt: 'a', image: 'x'.repeat(500) }, 'input.image with 502 bytes'],
    [
      'an item of a list',
      { pages: [{ scan: 'x'.repeat(90) }, { scan: 'x'.repeat(300) }] },
      'input.pages[1].scan with 302',
    ],
    ['one of two that are as large', { a: 'x'.repeat(200), b: 'x'.repeat(200) }, 'input.a with 202 bytes'],
    ['the list, where many small items make it large', { rows: Array(200).fill('row') }, 'input.rows with 1201 bytes'],
  ])('names %s', (_name, input, message) => {
    expect(() => checkSize(input, 300)).toThrow(message);
  });
});
