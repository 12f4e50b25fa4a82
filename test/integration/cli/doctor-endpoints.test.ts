import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkEndpoints } from '../../../cli/doctor/provider-checks.js';
import { configFromFile } from '../../../config/build.js';
import { parseYaml } from '../../../config/index.js';

/** Says that it is well and counts nothing, as a gateway may; of anything else it has a page. */
const server = createServer((request, response) => {
  if (request.url?.startsWith('/gw/')) response.end('{"status":"healthy"}');
  else response.end('<html>welcome</html>');
});
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test('an endpoint is asked in the dialect of its provider, and what it does not say is not made up', async () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const file = `version: 1
providers:
  studio: { dialect: gateway, baseUrl: "${url}/gw" }
  sub: { dialect: submodel, baseUrl: "${url}/sl" }
  bench: { dialect: runpod, baseUrl: "${url}/bench", operations: { health: false } }
endpoints: { a: studio/images, b: sub/x, c: bench/x }
`;
  const surroundings = { env: {}, emulatorUrl: url };
  const config = configFromFile(parseYaml(file, 'jobrelay.yaml'), '/srv/jobrelay.yaml', surroundings);
  const findings = await checkEndpoints(config, {});
  expect(findings.filter(({ check }) => check !== 'endpoint local/echo')).toEqual([
    {
      check: 'endpoint studio/images',
      status: 'ok',
      message: 'answers; workers: not counted; unknown jobs queued',
    },
    {
      check: 'endpoint sub/x',
      status: 'fail',
      message: 'ProtocolError: health on endpoint "x": HTTP 200, but an HTML page, not JSON',
      remedy:
        "check the provider's dialect and baseUrl; what it does otherwise than documented goes into its operations and auth",
    },
    { check: 'endpoint bench/x', status: 'ok', message: 'not asked: the provider has no health' },
  ]);
});
