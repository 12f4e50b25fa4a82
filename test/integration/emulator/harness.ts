import { onTestFinished, vi } from 'vitest';
import { type Emulator, type EmulatorOptions, startEmulator } from '../../../emulator/index.js';

interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever came, and fails if it isn't what it says.
  readonly body: any;
}

export interface EmulatorUnderTest extends Emulator {
  get(path: string, init?: RequestInit): Promise<HttpAnswer>;
  post(path: string, body?: unknown, init?: RequestInit): Promise<HttpAnswer>;
  /** Submits by `run`; returns the job's id. */
  submit(endpoint: string, input: unknown, more?: object): Promise<string>;
  /** Waits until the job has that status. */
  reaches(endpoint: string, id: string, status: string): Promise<HttpAnswer>;
}

/** An emulator that lives as long as the test. */
export async function emulatorForTest(options: EmulatorOptions = {}): Promise<EmulatorUnderTest> {
  const emulator = await startEmulator(options);
  onTestFinished(() => emulator.close());

  const send = async (path: string, init: RequestInit): Promise<HttpAnswer> => {
    const answer = await fetch(`${emulator.url}${path}`, {
      ...init,
      headers: { authorization: 'Bearer any', ...(init.headers as Record<string, string> | undefined) },
    });
    const text = await answer.text();
    const isJson = answer.headers.get('content-type')?.startsWith('application/json');
    return { status: answer.status, headers: answer.headers, text, body: isJson ? JSON.parse(text) : undefined };
  };
  const get = (path: string, init: RequestInit = {}) => send(path, init);
  const post = (path: string, body?: unknown, init: RequestInit = {}) =>
    send(path, { method: 'POST', ...(body !== undefined && { body: JSON.stringify(body) }), ...init });

  return {
    ...emulator,
    get,
    post,
    async submit(endpoint, input, more = {}) {
      const answer = await post(`/v2/${endpoint}/run`, { input, ...more });
      if (answer.status !== 200) throw new Error(`run answered ${answer.status}: ${answer.text}`);
      return answer.body.id;
    },
    reaches: (endpoint, id, status) =>
      eventually(async () => {
        const answer = await get(`/v2/${endpoint}/status/${id}`);
        if (answer.body?.status !== status) throw new Error(`job is ${answer.text}, not ${status}`);
        return answer;
      }),
  };
}

/** Repeats `check` until it doesn't throw, and returns what it returned. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 45_000, interval: 5 });
}

/** A handler that ends when the test says so. */
export function gate<T>(): { readonly opened: Promise<T>; open(value: T): void } {
  let open: (value: T) => void = () => undefined;
  const opened = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { opened, open: (value) => open(value) };
}
