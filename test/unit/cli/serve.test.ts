import { EventEmitter } from 'node:events';
import { expect, it, vi } from 'vitest';
import { ServerError } from '../../../cli/errors.js';
import { serve } from '../../../cli/serve.js';
import type { Session } from '../../../cli/session.js';

const session = {
  output: { note: () => undefined },
  process: { signals: new EventEmitter(), now: () => 0, exit: () => undefined },
} as unknown as Session;

it('stops what is left of a server that ended by itself, and says why it did', async () => {
  const stop = vi.fn(() => Promise.reject(new Error('nor does it stop well')));
  const served = serve(async () => ({ done: Promise.reject(new Error('a part of it was killed')), stop }), session);
  await expect(served).rejects.toThrow(new ServerError('a part of it was killed'));
  expect(stop).toHaveBeenCalledOnce();
});
