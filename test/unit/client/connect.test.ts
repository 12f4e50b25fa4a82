import { afterEach, describe, expect, it, vi } from 'vitest';
import { connectToTemporal } from '../../../client/connect.js';
import { InvalidSettings } from '../../../client/errors.js';
import { temporalTarget } from '../../../worker/temporal.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('a connection to Temporal', () => {
  it.each(['', 'http://127.0.0.1:7233', ':7233', 'localhost:99999', '192.0.2.1:99999'])(
    'at "%s" is refused as no address, before anything is tried',
    async (address) => {
      const connected = connectToTemporal({ address });
      await expect(connected).rejects.toThrow(InvalidSettings);
      await expect(connected).rejects.toThrow(`${JSON.stringify(address)} is no address of a Temporal server`);
    },
  );

  it('with an empty namespace is refused', async () => {
    await expect(connectToTemporal({ address: '127.0.0.1:1', namespace: '' })).rejects.toThrow(/namespace is empty/);
  });

  it('takes variables that are set to nothing as not set', async () => {
    vi.stubEnv('TEMPORAL_ADDRESS', '');
    vi.stubEnv('TEMPORAL_NAMESPACE', '');
    expect(temporalTarget()).toMatchObject({ address: '127.0.0.1:7233', namespace: 'default' });
    // Past the settings: no server is there.
    await expect(connectToTemporal({ address: '127.0.0.1:1' })).rejects.toThrow(/no Temporal server answers/);
  });
});
