import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WebhookTokens } from '../../../worker/webhooks/tokens.js';

const SECRET = 'a secret of this test';
const tokens = new WebhookTokens(SECRET, 'default');
const KEY = { workflowId: 'job:order/17 ü', runId: 'r-1', submit: 'job/submit-1' };

describe('the token of a webhook', () => {
  test('is read back, whatever the ids hold', () => {
    const key = fc.record({ workflowId: fc.string(), runId: fc.string(), submit: fc.string() });
    fc.assert(fc.property(key, (bearer) => void expect(tokens.verify(tokens.sign(bearer))).toEqual(bearer)));
  });

  test('needs no encoding in an address, and is one part of a path', () => {
    expect(tokens.sign(KEY)).toMatch(/^[\w-]+\.[\w-]{43}$/);
  });

  test('holds nothing of the secret', () => {
    const [payload = ''] = tokens.sign(KEY).split('.');
    expect(Buffer.from(payload, 'base64url').toString()).toBe(JSON.stringify(Object.values(KEY)));
  });

  test.each([
    ['another secret', new WebhookTokens(`${SECRET}!`, 'default')],
    ['another namespace', new WebhookTokens(SECRET, 'other')],
  ])('does not pass where it was signed with %s', (_, others) => {
    expect(tokens.verify(others.sign(KEY))).toBeUndefined();
  });

  test('does not pass with one character changed, left out or added', () => {
    const token = tokens.sign(KEY);
    const changes = Array.from(token, (character, at) => [
      `${token.slice(0, at)}${character === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`,
      token.slice(0, at) + token.slice(at + 1),
      `${token.slice(0, at)}A${token.slice(at)}`,
    ]).flat();
    expect(changes.filter((changed) => tokens.verify(changed) !== undefined)).toEqual([]);
  });

  test('is nothing that somebody else wrote', () => {
    fc.assert(fc.property(fc.string(), (text) => void expect(tokens.verify(text)).toBeUndefined()));
    const mac = tokens.sign(KEY).split('.')[1];
    const forged = [
      `.${mac}`,
      mac,
      `${Buffer.from('[]').toString('base64url')}.${mac}`,
      `${'A'.repeat(9_000)}.${mac}`,
      `é.${'é'.repeat(43)}`,
    ];
    expect(forged.filter((text) => tokens.verify(text ?? '') !== undefined)).toEqual([]);
  });

  test('may stand for nobody, to see whether a receiver is there', () => {
    expect(tokens.verify(tokens.sign('probe'))).toBe('probe');
  });
});
