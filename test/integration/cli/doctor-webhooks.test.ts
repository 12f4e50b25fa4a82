import { describe, expect, onTestFinished, test } from 'vitest';
import { checkWebhooks } from '../../../cli/doctor/webhook-check.js';
import { startReceiver } from '../../../worker/webhooks/receiver.js';
import { WebhookTokens } from '../../../worker/webhooks/tokens.js';
import { startFrontDoor } from '../worker/front-door.js';

const SECRET = 'the secret of this test';

async function found({
  secret = SECRET,
  publicUrl,
}: {
  readonly secret?: string | undefined;
  readonly publicUrl?: string;
}) {
  const { url, close } = await startReceiver({
    listen: { host: '127.0.0.1', port: 0 },
    tokens: new WebhookTokens(SECRET, 'some-namespace'),
    onWebhook: () => Promise.reject(new Error('doctor wakes nobody')),
    log: () => undefined,
  });
  onTestFinished(close);
  const webhooks = {
    listen: 'off',
    publicUrl: publicUrl ?? `${url}/hooks`,
    secretEnv: 'HOOKS',
    backstopMs: 1,
    adoptMs: 1,
  } as const;
  return await checkWebhooks({ webhooks }, { HOOKS: secret });
}

describe('doctor, of webhooks', () => {
  test('says nothing where there are none', async () => {
    expect(await checkWebhooks({}, {})).toEqual([]);
  });

  test('finds the worker that receives them', async () => {
    expect(await found({})).toEqual([
      { check: 'webhooks', status: 'ok', message: expect.stringMatching(/^a worker answers at http:/) },
    ]);
  });

  test('finds that the workers sign with another secret', async () => {
    expect(await found({ secret: 'one that is not the same' })).toEqual([
      expect.objectContaining({ status: 'fail', message: expect.stringContaining('no worker with this secret does') }),
    ]);
  });

  test('finds that there is no secret, and says how to make one', async () => {
    expect(await found({ secret: '' })).toEqual([
      expect.objectContaining({ status: 'fail', message: expect.stringContaining('openssl rand -hex 32') }),
    ]);
  });

  test('finds that nobody listens', async () => {
    const { url, close } = await startFrontDoor();
    await close();
    expect(await found({ publicUrl: url })).toEqual([
      expect.objectContaining({ status: 'warn', message: expect.stringMatching(/does not answer .* backstop alone$/) }),
    ]);
  });
});
