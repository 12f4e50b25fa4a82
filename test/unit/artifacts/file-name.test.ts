import { describe, expect, it } from 'vitest';
import { type ArtifactRef, fileNameFor } from '../../../artifacts/index.js';

const digest = '0123456789abcdef'.repeat(4);
const ref = (mediaType: string, encoding: ArtifactRef['encoding'] = 'base64'): ArtifactRef => ({
  sha256: digest,
  bytes: 1,
  mediaType,
  encoding,
});

describe('fileNameFor', () => {
  it.each([
    [[], 'output.png'],
    [['sheet'], 'sheet.png'],
    [['images', 0], 'images.0.png'],
    [['images', 0, 'image'], 'images.0.image.png'],
    [['a.b'], 'a_b-0123456789ab.png'],
    [['..', '..', 'etc/passwd'], '__.__.etc_passwd-0123456789ab.png'],
    [['żółć'], '____-0123456789ab.png'],
    [[''], '_-0123456789ab.png'],
    [['x'.repeat(200)], `${'x'.repeat(120)}-0123456789ab.png`],
  ])('names the artifact at %j %s', (path, name) => {
    expect(fileNameFor(path, ref('image/png'))).toBe(name);
  });

  it.each([
    ['image/jpeg', 'jpg'],
    ['image/svg+xml', 'svg'],
    ['image/webp', 'webp'],
    ['audio/mpeg', 'mp3'],
    ['audio/ogg; codecs=opus', 'ogg'],
    ['video/quicktime', 'mov'],
    ['application/pdf', 'pdf'],
    ['application/zip', 'zip'],
    ['application/octet-stream', 'bin'],
    ['application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'bin'],
    ['application/constructor', 'bin'],
  ])('gives %s the extension %s', (mediaType, extension) => {
    expect(fileNameFor(['a'], ref(mediaType))).toBe(`a.${extension}`);
  });

  it('lets no provider name output.json', () => {
    expect(fileNameFor(['output'], ref('application/json', 'data-url'))).toBe('output.bin');
    expect(fileNameFor(['output'], ref('image/png', 'json'))).toBe('output.json');
  });
});
