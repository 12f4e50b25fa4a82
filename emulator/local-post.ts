import { setMaxListeners } from 'node:events';
import { isIP } from 'node:net';
import { Agent, request } from 'undici';

/** How long a receiver may take for an answer. RunPod's own limit is not documented. */
const ANSWER_TIMEOUT_MS = 30_000;

interface Message {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** POSTs JSON to receivers on this machine alone: a pipeline under test must not reach a real one. */
export class LocalPost {
  readonly #agent = new Agent();
  readonly #closing = new AbortController();

  constructor() {
    // Each message that is under way listens.
    setMaxListeners(0, this.#closing.signal);
  }

  /** Aborts as the emulator closes. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** True where a 2xx came. Throws only when the emulator is closing. */
  async send(url: string, { body, headers, timeoutMs = ANSWER_TIMEOUT_MS }: Message): Promise<boolean> {
    if (!isLoopback(url)) return false;
    try {
      const answer = await request(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
        dispatcher: this.#agent,
        signal: this.#closing.signal,
      });
      await answer.body.dump();
      return answer.statusCode >= 200 && answer.statusCode < 300;
    } catch {
      this.#closing.signal.throwIfAborted();
      return false;
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('the emulator is closing'));
    await this.#agent.destroy();
  }
}

export function isLoopback(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { hostname, protocol } = new URL(url);
  if (protocol !== 'http:' && protocol !== 'https:') return false;
  return hostname === 'localhost' || hostname === '[::1]' || (isIP(hostname) === 4 && hostname.startsWith('127.'));
}
