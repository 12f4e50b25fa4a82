import { describe, expect, it } from 'vitest';
import { configFromFile } from '../../../config/build.js';
import { ConfigError } from '../../../config/errors.js';
import { capturePathsOf, resolveEndpoints } from '../../../config/index.js';
import { parseYaml } from '../../../config/yaml-source.js';

const load = (yaml: string) =>
  configFromFile(parseYaml(`version: 1\n${yaml}\n`, 'jobrelay.yaml'), '/studio/jobrelay.yaml', {
    env: {},
    emulatorUrl: 'http://127.0.0.1:8080',
  });
const endpoint = 'endpoints: { draw: { use: local/draw, capture: [output.image, output.images.*.url] } }';

describe('capture', () => {
  it('names places in outputs, and the hosts that they may lead to', () => {
    const { endpoints, capture } = load(`${endpoint}\ncapture: { hosts: [cdn.example.com, "*.r2.example:8443"] }`);
    expect(endpoints.draw?.capture).toEqual(['output.image', 'output.images.*.url']);
    expect(capture).toEqual({
      hosts: ['cdn.example.com', '*.r2.example:8443'],
      insecureHosts: [],
      maxBytes: 512 * 1024 * 1024,
    });
  });

  it('may be another for an entry of an alias, of which no plan knows', () => {
    const use = 'use: [local/draw, { id: local/paint, capture: [output.result.url] }, local/sketch]';
    const config = load(
      `endpoints: { all: { ${use}, capture: [output.image] }, one: { ${use} } }\ncapture: { hosts: [cdn.example.com] }`,
    );
    const pathsOf = (endpoint: string) =>
      resolveEndpoints(config, endpoint).map((target) => capturePathsOf(config, target));
    expect(pathsOf('all')).toEqual([['output.image'], ['output.result.url'], ['output.image']]);
    expect(pathsOf('one')).toEqual([undefined, ['output.result.url'], undefined]);
    expect(pathsOf('local/paint')).toEqual([undefined]);
    expect(resolveEndpoints(config, 'all')[1]).toEqual({ endpoint: 'all', provider: 'local', endpointId: 'paint' });
  });

  it.each([
    [endpoint, 'endpoints.draw.capture: needs the hosts that its results come from: write capture: { hosts:'],
    [`${endpoint}\ncapture: { maxMiB: 5 }`, 'endpoints.draw.capture: needs the hosts'],
    [
      'endpoints: { draw: { use: [local/a, { id: local/b, capture: [output.x] }] } }',
      'jobrelay.yaml:2:52: endpoints.draw.use[1].capture: needs the hosts',
    ],
    [
      'endpoints: { draw: { use: { id: local/b, capture: [output.x] } } }',
      'endpoints.draw.use[0].capture: needs the hosts',
    ],
    ['endpoints: { draw: { use: { id: local/b, capture: [x] } } }', 'must be a path like output.image'],
    [
      'endpoints: { draw: { use: [local/a, { id: local/a, capture: [output.x] }] } }',
      'local/a stands here twice, and has an input, output or capture of its own',
    ],
    ['endpoints: { draw: { use: local/draw, capture: [image] } }', 'must be a path like output.image'],
    ['capture: { hosts: ["https://cdn.example.com/"] }', 'must be a host like cdn.example.com'],
    ['capture: { hosts: ["*"] }', 'must be a host like cdn.example.com'],
    ['capture: { maxMiB: 0 }', 'capture.maxMiB'],
  ])('refuses %j', (yaml, message) => {
    expect(() => load(yaml)).toThrow(ConfigError);
    expect(() => load(yaml)).toThrow(message);
  });
});
