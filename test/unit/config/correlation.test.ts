import { expect, it } from 'vitest';
import { configFromFile } from '../../../config/build.js';
import { parseYaml } from '../../../config/index.js';

const load = (correlation: string) =>
  configFromFile(
    parseYaml(`version: 1\nendpoints: { draw: { use: local/draw, correlation: ${correlation} } }\n`, 'jobrelay.yaml'),
    '/studio/jobrelay.yaml',
    { env: {}, emulatorUrl: 'http://127.0.0.1:8080' },
  ).endpoints.draw?.correlation;

it('names the field of the input that the key is put into', () => {
  expect(load('{ field: relay_key }')).toEqual({ field: 'relay_key' });
});

it.each(['$secret', '', 'a.b', '7up', '__proto__.x'])('refuses %j, which is no name of a field', (field) => {
  expect(() => load(`{ field: ${JSON.stringify(field)} }`)).toThrow(
    'jobrelay.yaml:2:54: endpoints.draw.correlation.field: must be the name of a field',
  );
});

it('needs the field, and knows no other', () => {
  expect(() => load('{}')).toThrow('endpoints.draw.correlation.field');
  expect(() => load('{ field: a, key: b }')).toThrow('endpoints.draw.correlation.key');
});
