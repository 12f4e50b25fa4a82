import { describe, expect, it } from 'vitest';
import { refuseWrittenCredentials } from '../../../client/written-credentials.js';
import type { JsonObject } from '../../../job-api/json.js';

const written = { bucketName: 'b', accessId: { $secret: 'ID' }, accessSecret: 'wJalrXUtnFEMI' };
const named = { bucketName: 'b', accessId: { $secret: 'ID' }, accessSecret: { $secret: 'KEY' } };

describe('credentials of storage that are written out', () => {
  it.each<[string, JsonObject, string]>([
    ['of a job', { endpoint: 'a', input: {}, s3Config: written }, 's3Config.accessSecret'],
    ['of a step', { definition: { steps: { a: { s3Config: written } } } }, 'definition.steps.a.s3Config.accessSecret'],
    [
      'of a pipeline within',
      { definition: { steps: { a: { pipeline: { steps: { b: { s3Config: written } } } } } } },
      'definition.steps.a.pipeline.steps.b.s3Config.accessSecret',
    ],
  ])('%s are refused, and not shown', (_, input, path) => {
    const refuse = () => refuseWrittenCredentials(input);
    expect(refuse).toThrow(`${path} holds a credential`);
    expect(refuse).not.toThrow('wJalrXUtnFEMI');
  });

  it('are fine by their names, and elsewhere they are data', () => {
    const step = { s3Config: named, input: { s3Config: written } };
    expect(() => refuseWrittenCredentials({ s3Config: named, definition: { steps: { a: step } } })).not.toThrow();
  });
});
