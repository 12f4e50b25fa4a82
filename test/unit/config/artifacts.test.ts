import { describe, expect, it } from 'vitest';
import { configFromFile } from '../../../config/build.js';
import { ConfigError } from '../../../config/errors.js';
import { parseYaml } from '../../../config/yaml-source.js';

function artifactsOf(yaml: string) {
  const source = parseYaml(`version: 1\nartifacts: ${yaml}\n`, 'jobrelay.yaml');
  return configFromFile(source, '/studio/jobrelay.yaml', { env: {}, emulatorUrl: 'http://127.0.0.1:8080' }).artifacts;
}

function problemOf(yaml: string): string {
  try {
    artifactsOf(yaml);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
  }
  return 'nothing';
}

describe('rehydrate: url', () => {
  const load = (artifacts: string) =>
    configFromFile(
      parseYaml(
        `version: 1\n${artifacts}\nendpoints: { draw: { use: local/draw, rehydrate: url } }\n`,
        'jobrelay.yaml',
      ),
      '/studio/jobrelay.yaml',
      { env: {}, emulatorUrl: 'http://127.0.0.1:8080' },
    );

  it('needs artifacts in a bucket', () => {
    expect(load('artifacts: { driver: s3, bucket: abc }').endpoints.draw?.rehydrate).toBe('url');
    expect(() => load('')).toThrow('endpoints.draw.rehydrate: url needs artifacts in a bucket');
    expect(() => load('artifacts: { driver: file }')).toThrow('url needs artifacts in a bucket');
  });
});

describe('artifacts', () => {
  it('are files beside the configuration unless it says otherwise', () => {
    expect(artifactsOf('{}')).toEqual({ driver: 'file', path: '/studio/.jobrelay/artifacts' });
    expect(artifactsOf('{ path: kept }')).toEqual({ driver: 'file', path: '/studio/kept' });
  });

  it('are objects of a bucket, with the names of the variables that hold the keys', () => {
    expect(artifactsOf('{ driver: s3, bucket: kept-here }')).toEqual({ driver: 's3', bucket: 'kept-here' });
    const keys = `accessKeyId: "\${KEY_ID}", secretAccessKey: "\${KEY}"`;
    expect(
      artifactsOf(
        `{ driver: s3, bucket: abc, prefix: a/b, region: x, endpoint: "http://h:9/", forcePathStyle: true, ${keys} }`,
      ),
    ).toEqual({
      driver: 's3',
      bucket: 'abc',
      prefix: 'a/b',
      region: 'x',
      endpoint: 'http://h:9',
      forcePathStyle: true,
      accessKeyIdEnv: 'KEY_ID',
      secretAccessKeyEnv: 'KEY',
    });
  });

  it.each([
    ['{ driver: s3 }', 'artifacts.bucket: is missing'],
    ['{ bucket: abc }', 'artifacts.bucket: is of driver: s3'],
    ['{ driver: s3, bucket: abc, path: kept }', 'artifacts.path: is of driver: file'],
    ['{ driver: s3, bucket: Abc }', 'must be the name of a bucket'],
    ['{ driver: s3, bucket: abc, prefix: /a/ }', 'no slash at its ends'],
    ['{ driver: s3, bucket: abc, endpoint: "https://k:s@h" }', 'without keys'],
    [`{ driver: s3, bucket: abc, accessKeyId: AKIA123, secretAccessKey: "\${K}" }`, 'keys do not belong in this file'],
    [`{ driver: s3, bucket: abc, accessKeyId: "\${K}" }`, 'artifacts.secretAccessKey: is missing'],
    ['{ driver: gcs }', 'artifacts.driver'],
  ])('may not be %s', (yaml, message) => {
    expect(problemOf(yaml)).toContain(message);
    expect(problemOf(yaml)).not.toContain('AKIA123');
  });
});
