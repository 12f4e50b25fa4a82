import { describe, expect, test } from 'vitest';
import { isPublicAddress, whyNotAddresses } from '../../../../activities/capture/address-policy.js';
import { whyNotUrl, withoutSecrets } from '../../../../activities/capture/host-policy.js';
import { parseOutputPath, replaceAt } from '../../../../activities/capture/output-paths.js';
import { expiryOf } from '../../../../activities/capture/url-expiry.js';

describe('an address', () => {
  test.each([
    ...['127.0.0.1', '127.255.255.254', '0.0.0.0', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
    ...['169.254.169.254', '100.64.0.1', '198.18.0.1', '192.0.2.1', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
    ...['::1', '::', 'fe80::1', 'fc00::1', 'fd12:3456::1', 'ff02::1', '2001:db8::1', '2002:7f00:1::', '2001::1'],
    ...['::ffff:127.0.0.1', '::ffff:8.8.8.8', '64:ff9b::7f00:1', '100::1', 'localhost', ''],
  ])('%s is not public', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  test.each(['8.8.8.8', '1.1.1.1', '172.15.0.1', '172.32.0.1', '192.167.0.1', '100.63.0.1', '2606:4700::1111'])(
    '%s is public',
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );

  test('that is private spoils a name that has public ones too', () => {
    const both = ['8.8.8.8', '127.0.0.1'].map((address) => ({ address, family: 4 }));
    expect(whyNotAddresses(both)).toContain('127.0.0.1');
    expect(whyNotAddresses(both.slice(0, 1))).toBeUndefined();
    expect(whyNotAddresses([])).toBe('has no address');
  });
});

describe('a URL', () => {
  const policy = { hosts: ['cdn.example.com', '*.r2.example', 'odd.example:8443'], insecureHosts: ['lab:9000'] };

  test.each([
    ['https://cdn.example.com/a.png', undefined],
    ['https://CDN.example.com:443/a.png', undefined],
    ['https://deep.er.r2.example/a', undefined],
    ['https://odd.example:8443/a', undefined],
    ['http://lab:9000/a', undefined],
    ['https://lab:9000/a', undefined],
    ['https://r2.example/a', 'not on a host of capture.hosts: add r2.example'],
    ['https://evilr2.example/a', 'capture.hosts'],
    ['https://cdn.example.com.evil.example/a', 'capture.hosts'],
    ['https://cdn.example.com:8443/a', 'add cdn.example.com:8443'],
    ['https://odd.example/a', 'capture.hosts'],
    ['https://cdn.example.com@evil.example/', 'user or a password'],
    ['https://evil.example/?x=cdn.example.com', 'capture.hosts'],
    ['http://cdn.example.com/a', 'is not https: add cdn.example.com to capture.insecureHosts'],
    ['http://169.254.169.254/latest/meta-data', 'capture.hosts'],
    ['http://0x7f.1/', '127.0.0.1'],
    ['file:///etc/passwd', 'is not https'],
    ['nonsense', 'no URL'],
  ])('%s: %s', (url, why) => {
    if (why === undefined) expect(whyNotUrl(url, policy)).toBeUndefined();
    else expect(whyNotUrl(url, policy)).toContain(why);
  });

  test('is named without what signs it', () => {
    expect(withoutSecrets('https://u:p@h.example/a/b?X-Amz-Signature=abc#d')).toBe('https://h.example/a/b?…');
  });

  test.each([
    ['https://h/?X-Amz-Date=20260722T120000Z&X-Amz-Expires=3600', '2026-07-22T13:00:00Z'],
    ['https://h/?X-Goog-Date=20260722T120000Z&X-Goog-Expires=60', '2026-07-22T12:01:00Z'],
    ['https://h/?Expires=1784721600&Signature=x', '2026-07-22T12:00:00Z'],
    ['https://h/?se=2026-07-22T12%3A00%3A00Z&sig=x', '2026-07-22T12:00:00Z'],
    ['https://h/?expires=soon', undefined],
    ['https://h/', undefined],
  ])('%s says when it expires', (url, time) => {
    expect(expiryOf(url)).toBe(time === undefined ? undefined : Date.parse(time));
  });
});

describe('a path', () => {
  test.each([
    ['output', []],
    ['output.image', ['image']],
    ['output.*.image', ['*', 'image']],
    ['output.images.0', ['images', '0']],
    ['image', undefined],
    ['output.', undefined],
    ['output..a', undefined],
    ['output.a*', undefined],
  ])('%s is %j', (text, path) => {
    expect(parseOutputPath(text)).toEqual(path);
  });

  test('leads to every value that it names, and misses none that is not there', async () => {
    const output = { a: [{ url: 1, n: 2 }, { n: 3 }, 'x'], url: 4, __proto: { url: 5 } };
    const seen: string[] = [];
    const changed = await replaceAt(output, [['a', '*', 'url'], ['url'], ['b', 'url']], async (value, place) => {
      seen.push(place);
      return `was ${value}`;
    });
    expect(changed).toEqual({ a: [{ url: 'was 1', n: 2 }, { n: 3 }, 'x'], url: 'was 4', __proto: { url: 5 } });
    expect(seen).toEqual(['output.a.0.url', 'output.url']);
    expect(output.url).toBe(4);
  });
});
