import { describe, expect, test } from 'vitest';
import { cutEnd, cutStart } from '../../../job-api/http/cut-text.js';
import { quoteWithout } from '../../../job-api/http/quote.js';

describe('cutting text', () => {
  test('leaves alone what fits', () => {
    expect(cutEnd('äöü', 6)).toBe('äöü');
    expect(cutStart('äöü', 6)).toBe('äöü');
  });

  test('counts bytes and marks the cut', () => {
    expect(cutEnd('abcdefghij', 8)).toBe('abcde…');
    expect(cutStart('abcdefghij', 8)).toBe('…fghij');
  });

  test.each([8, 9, 10, 11, 12, 13])('never cuts inside a character at %i bytes', (maxBytes) => {
    const text = '💡äx💡äx💡äx💡äx';
    for (const cut of [cutEnd(text, maxBytes), cutStart(text, maxBytes)]) {
      expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(maxBytes);
      expect(text).toContain(cut.replace('…', ''));
      expect(cut).not.toContain('\ufffd');
    }
  });
});

describe('quoting a provider', () => {
  test('takes every secret out, wherever it stands', () => {
    const quote = quoteWithout(['rp_secret', 's3-secret']);
    expect(quote('key rp_secret, again rp_secret, bucket s3-secret')).toBe(
      'key [secret], again [secret], bucket [secret]',
    );
  });

  test('leaves no half of a secret where the text is cut', () => {
    const secret = 'x'.repeat(40);
    for (let before = 2_000; before <= 2_050; before += 1) {
      expect(quoteWithout([secret])(`${secret}${'a'.repeat(before)}${secret}`)).not.toContain('x');
    }
  });

  test('takes a secret out as JSON writes it, and whole where another is the beginning of it', () => {
    const quote = quoteWithout(['line\n"two"', 'rp_key', 'rp_key_long']);
    expect(quote(`${JSON.stringify({ token: 'line\n"two"' })} rp_key_long rp_key`)).toBe(
      '{"token":"[secret]"} [secret] [secret]',
    );
  });

  test.each([
    ['https://b/k?X-Amz-Date=1&X-Amz-Credential=AK%2Feu&X-Amz-Signature=0abc9', 'X-Amz-Credential', 'X-Amz-Signature'],
    ['{"url":"https://b/k?v=1\\u0026X-Amz-Security-Token=F4%2F/+=\\u0026X-Amz-Signature=0abc9"}', 'X-Amz-Signature'],
    ['cannot read https://b/k?se=2026&sp=r&sig=0abc9%3D, nor https://c/k?Signature=0abc9~&Key-Pair-Id=K0abc9.', 'sig'],
    ["<a href='https://b/k?AWSAccessKeyId=AK0abc9&amp;Signature=0abc9&amp;Expires=17'>", 'AWSAccessKeyId'],
    ['back=https%3A%2F%2Fb%2Fk%3FX-Goog-Signature%3D0abc9', 'X-Goog-Signature'],
  ])('takes the signatures out of %s, and leaves the rest', (text, ...names) => {
    const told = quoteWithout([])(text);
    for (const part of ['0abc9', 'AK%2F', 'F4']) expect(told).not.toContain(part);
    for (const name of names) expect(told).toContain(name);
    // What is around them tells where it is.
    expect(told).toMatch(/https(:|%3A)(\/\/|%2F%2F)b(\/|%2F)k/);
  });

  test('leaves words that only look like signatures', () => {
    const text = 'sig=7 of design=beautiful, signature: none';
    expect(quoteWithout([])(text)).toBe(text);
  });

  test('ignores what is too short to be a secret', () => {
    expect(quoteWithout(['', 'a'])('a banana')).toBe('a banana');
  });

  test('keeps 2 KiB', () => {
    expect(Buffer.byteLength(quoteWithout([])('ä'.repeat(5_000)))).toBeLessThanOrEqual(2048);
  });
});
