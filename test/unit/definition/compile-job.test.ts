import { describe, expect, it } from 'vitest';
import { compileJob, DefinitionError } from '../../../definition/index.js';
import { config } from './config.js';

function refusal(given: unknown): { readonly type: string; readonly message: string } {
  try {
    compileJob(given, config);
  } catch (error) {
    if (error instanceof DefinitionError) return { type: error.type, message: error.message };
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('the plan of a job', () => {
  it('has names resolved and defaults filled in', () => {
    expect(compileJob({ endpoint: ['draw', 'local/other'], input: { prompt: 'a boat' } }, config)).toEqual({
      v: 1,
      settings: {
        targets: [
          { endpoint: 'draw', provider: 'local', endpointId: 'draw-1' },
          { endpoint: 'local/other', provider: 'local', endpointId: 'other' },
        ],
        timeouts: { queueMs: 60_000, runMs: 90_000 },
        retry: { platform: 3, queue: 1, handler: 2, backoff: { firstMs: 1_000, maxMs: 30_000 } },
        onAmbiguousSubmit: 'resubmit',
        outputSchema: { type: 'object', required: ['image'] },
      },
      input: { prompt: 'a boat' },
    });
  });

  it('takes every option of a job', () => {
    const { settings } = compileJob(
      {
        endpoint: 'sheet',
        input: { token: { $secret: 'HF_TOKEN' } },
        timeouts: { queue: '5m', run: 600_000, total: '1h' },
        retry: { platform: 0, queue: 0, handler: 0 },
        policy: { lowPriority: false },
        s3Config: { accessId: { $secret: 'HF_TOKEN' }, accessSecret: { $secret: 'HF_TOKEN' }, bucketName: 'b' },
        model: 'm2',
        stream: 'off',
        outputSchema: { type: 'object' },
        onAmbiguousSubmit: 'fail',
      },
      config,
    );
    expect(settings).toMatchObject({
      targets: [{ model: 'm2' }, { model: 'm2' }],
      timeouts: { queueMs: 300_000, runMs: 600_000, totalMs: 3_600_000 },
      retry: { platform: 0, queue: 0, handler: 0, backoff: { firstMs: 1_000, maxMs: 30_000 } },
      lowPriority: false,
      s3Config: { bucketName: 'b' },
      outputSchema: { type: 'object' },
      onAmbiguousSubmit: 'fail',
    });
  });

  it('reads a stream where the job, its endpoint or the file says so, unless the job says off', () => {
    const streams = (given: object, of: object) =>
      compileJob({ endpoint: 'draw', input: { a: 1 }, ...given }, { ...config, ...of }).settings.stream;
    const alias = { endpoints: { ...config.endpoints, draw: { ...config.endpoints.draw, stream: 'collect' } } };
    expect(streams({}, {})).toBeUndefined();
    expect(streams({ stream: 'events' }, {})).toBe('events');
    expect(streams({}, alias)).toBe('collect');
    expect(streams({}, { defaults: { stream: 'events' } })).toBe('events');
    expect(streams({ stream: 'off' }, alias)).toBeUndefined();
  });

  it('has hedges where the job, its endpoint or the file says so, unless the job says off', () => {
    const hedges = (given: object, of: object) =>
      compileJob({ endpoint: 'draw', input: { a: 1 }, ...given }, { ...config, ...of }).settings.hedge;
    const hedge = { afterMs: 30_000, max: 2 };
    const alias = { endpoints: { ...config.endpoints, draw: { ...config.endpoints.draw, hedge } } };
    expect(hedges({}, {})).toBeUndefined();
    expect(hedges({ hedge: { after: '5s' } }, alias)).toEqual({ afterMs: 5_000, max: 1 });
    expect(hedges({}, alias)).toEqual(hedge);
    expect(hedges({}, { defaults: { hedge } })).toEqual(hedge);
    expect(hedges({ hedge: 'off' }, alias)).toBeUndefined();
    expect(() => hedges({ stream: 'events' }, alias)).toThrow(
      'stream: cannot be events beside the hedge that is configured, since readers follow one job: write hedge: off here, or stream: collect',
    );
  });

  it('lets an empty input through where every endpoint takes it', () => {
    expect(compileJob({ endpoint: 'nightly', input: {} }, config).settings.allowEmptyInput).toBe(true);
    expect(refusal({ endpoint: ['nightly', 'draw'], input: {} }).type).toBe('InputRejected');
  });
});

describe('the input of a job is refused where', () => {
  const input = { a: 1 };
  it.each<[string, unknown, string, string]>([
    ['there is none', undefined, 'InvalidRequest', 'a job takes an object {"endpoint": …, "input": …}, not nothing'],
    ['it is null', null, 'InvalidRequest', 'a job takes an object {"endpoint": …, "input": …}, not null'],
    ['it is a list', [{}], 'InvalidRequest', 'a job takes an object {"endpoint": …, "input": …}, not a list'],
    ['fields are missing', {}, 'InvalidRequest', 'endpoint: is missing\ninput: is missing'],
    ['the input is a text', { endpoint: 'draw', input: 'x' }, 'InvalidRequest', 'input: must be a map'],
    ['the input is a list', { endpoint: 'draw', input: [1] }, 'InvalidRequest', 'input: must be a map'],
    [
      'a field is mistyped',
      { endpoint: 'draw', input, timeout: {} },
      'InvalidRequest',
      'timeout: unknown field (did you mean timeouts?)',
    ],
    [
      'a field comes later',
      { endpoint: 'draw', input, priority: 1, mode: 'sync' },
      'InvalidRequest',
      'priority: is not available in this version\nmode: is not available in this version',
    ],
    [
      'a stream is to be what no stream is',
      { endpoint: 'draw', input, stream: 'live' },
      'InvalidRequest',
      'stream: must be off or collect or events',
    ],
    [
      'a stream for readers is to have a hedge',
      { endpoint: 'draw', input, stream: 'events', hedge: { after: '5s' } },
      'InvalidRequest',
      'hedge: cannot be had with stream: events, since readers follow one job: leave it out, or write stream: collect',
    ],
    [
      'its tenant could not be asked for',
      { endpoint: 'draw', input, tenant: 'a"b' },
      'InvalidRequest',
      'tenant: must be a text of at most 200 characters, without quotes, backslashes and line breaks',
    ],
    ['no endpoint is named', { endpoint: [], input }, 'InvalidRequest', 'endpoint: must not be empty'],
    [
      'an endpoint is not known',
      { endpoint: 'drow', input },
      'EndpointNotFound',
      'endpoint: endpoint "drow" is not in jobrelay.yaml (did you mean draw? known: draw, sheet, nightly; or write provider/endpointId with a provider of: local)',
    ],
    [
      'it is empty',
      { endpoint: 'draw', input: {} },
      'InputRejected',
      'input: is empty, and RunPod\'s workers refuse an empty input: put a field in it, or set "allowEmptyInput" for the endpoint in jobrelay.yaml',
    ],
    [
      'it names a secret that is not allowed',
      { endpoint: 'draw', input: { key: { $secret: 'PATH' } } },
      'InputRejected',
      'input.key: the secret "PATH" may not be used in inputs: name it under "secrets" in jobrelay.yaml',
    ],
    [
      'credentials are written out',
      { endpoint: 'draw', input, s3Config: { accessId: 'AKIA', accessSecret: { $secret: 'HF_TOKEN' } } },
      'InvalidRequest',
      's3Config.accessId: credentials do not belong in an input, which every history keeps: write {"$secret": NAME}, with NAME under "secrets" in jobrelay.yaml',
    ],
    [
      'the output schema is none',
      { endpoint: 'draw', input, outputSchema: { $ref: '#/nowhere' } },
      'InvalidRequest',
      "outputSchema: is not a JSON Schema that can be used: can't resolve reference #/nowhere from id #",
    ],
    [
      'the options are too large',
      { endpoint: 'draw', input, outputSchema: { description: 'x'.repeat(200_000) } },
      'InvalidRequest',
      'the options beside the input are 196 KiB; at most 128 KiB are taken: pass large values in the input',
    ],
    [
      'it is nested too deep',
      { endpoint: 'draw', input: { a: JSON.parse(`${'['.repeat(10_000)}${']'.repeat(10_000)}`) } },
      'InvalidRequest',
      'is nested deeper than 200 levels',
    ],
  ])('%s', (_, given, type, message) => {
    expect(refusal(given)).toEqual({ type, message });
  });

  it('never repeats a credential', () => {
    const { message } = refusal({ endpoint: 'draw', input: { a: 1 }, s3Config: { accessSecret: 'hunter2' } });
    expect(message).not.toContain('hunter2');
  });
});
