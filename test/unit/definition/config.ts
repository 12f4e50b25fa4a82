import type { Config } from '../../../config/index.js';

/** A configuration with an alias of each kind. */
export const config: Config = {
  file: '/project/jobrelay.yaml',
  providers: {
    local: { name: 'local', dialect: 'runpod', baseUrl: 'http://127.0.0.1:8080/v2' },
  },
  defaults: { timeouts: { runMs: 120_000 }, retry: { handler: 2 } },
  endpoints: {
    draw: {
      alias: 'draw',
      use: [{ endpoint: 'draw', provider: 'local', endpointId: 'draw-1' }],
      timeouts: { queueMs: 60_000, runMs: 90_000 },
      outputSchema: { type: 'object', required: ['image'] },
    },
    sheet: {
      alias: 'sheet',
      use: [
        { endpoint: 'sheet', provider: 'local', endpointId: 'sheet-1', model: 'm1' },
        { endpoint: 'sheet', provider: 'local', endpointId: 'sheet-2' },
      ],
    },
    nightly: {
      alias: 'nightly',
      use: [{ endpoint: 'nightly', provider: 'local', endpointId: 'n' }],
      allowEmptyInput: true,
    },
  },
  artifacts: { driver: 'file', path: '/project/.jobrelay/artifacts' },
  secrets: ['HF_TOKEN'],
};
