import type { Conversation } from '../conversation.js';
import { describeExchange, type Exchange, isRefused, Probe } from '../probe.js';

const NO_SUCH = 'jobrelay-no-such-endpoint';

/** Keys, and endpoints that are not there: asked by `health`, which costs nothing. */
export async function checkAccess({ options, probe, verdicts }: Conversation): Promise<void> {
  const { apiKey, endpointId, signal } = options;
  const ask = async (key: string | undefined): Promise<Exchange<unknown>> => {
    const other = new Probe({ provider: options.provider, apiKey: key }, signal);
    try {
      if (other.has('health')) return await other.health(endpointId);
      return await other.status({ endpointId, jobId: crypto.randomUUID() });
    } finally {
      await other.close();
    }
  };
  if (apiKey === undefined) {
    verdicts.notChecked('key-wrong', 'no key is used');
    verdicts.notChecked('key-missing', 'no key is used');
  } else {
    const wrong = await ask(`${apiKey}-wrong`);
    // An emulator may take any key: nothing of ours relies on the refusal.
    if (wrong.outcome.kind === 'value') verdicts.notThere('key-wrong', 'any key is taken');
    else verdicts.holds('key-wrong', isRefused(wrong, 'Unauthorized'), describeExchange(wrong));
    const missing = await ask(undefined);
    if (missing.outcome.kind === 'value') verdicts.notThere('key-missing', 'none is needed');
    else verdicts.holds('key-missing', isRefused(missing, 'Unauthorized'), describeExchange(missing));
  }
  if (!probe.has('health')) {
    verdicts.notChecked('endpoint-unknown', 'only health could tell, and the dialect has none');
    return;
  }
  const unknown = await probe.health(siblingOf(options));
  if (unknown.outcome.kind === 'value') {
    verdicts.notThere(
      'endpoint-unknown',
      'it answers as if it were there: jobs for a mistyped one would wait for nobody',
    );
  } else verdicts.holds('endpoint-unknown', isRefused(unknown, 'EndpointNotFound'), describeExchange(unknown));
}

/** An endpoint that is not there; of a gateway, on the same surface. */
function siblingOf({ provider, endpointId }: Conversation['options']): string {
  const [surface = ''] = endpointId.split('/');
  return provider.dialect === 'gateway' ? `${surface}/${NO_SUCH}` : NO_SUCH;
}
