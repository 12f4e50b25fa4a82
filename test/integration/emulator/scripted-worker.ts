import { Agent, request } from 'undici';
import { onTestFinished } from 'vitest';
import type { EmulatorUnderTest } from './harness.js';

interface TakenJob {
  readonly id: string;
  readonly input: unknown;
  readonly webhook?: string;
  readonly s3Config?: unknown;
}

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever came, and fails if it isn't what it says.
  readonly body: any;
}

/** A worker that does what the test says, in the words of RunPod's Python package. */
export class ScriptedWorker {
  readonly #url: string;
  readonly #id: string;
  readonly #key: string;
  /** Connections of its main process alone: its heartbeat comes from another. */
  readonly #main = new Agent();
  readonly #heartbeat = new Agent();

  constructor(emulator: EmulatorUnderTest, endpoint: string, { id = 'w1', key = 'raw-key' } = {}) {
    this.#url = `${emulator.url}/v2/${endpoint}`;
    this.#id = id;
    this.#key = key;
    onTestFinished(async () => {
      await Promise.all([this.#main.destroy(), this.#heartbeat.destroy()]);
    });
  }

  /** Asks for one job; undefined where none came. */
  async take(): Promise<TakenJob | undefined> {
    const { status, body } = await this.send('GET', `job-take/${this.#id}?gpu=none&job_in_progress=0`);
    return status === 200 ? body : undefined;
  }

  async takeBatch(size: number): Promise<readonly TakenJob[]> {
    const { status, body } = await this.send('GET', `job-take-batch/${this.#id}?gpu=none&batch_size=${size}`);
    return status === 200 ? body : [];
  }

  async stopSignals(): Promise<readonly string[]> {
    const { status, body } = await this.send('GET', `job-stop/${this.#id}?gpu=none`);
    return status === 200 ? body.jobsToStop : [];
  }

  done(jobId: string, result: unknown, { isStream = false } = {}): Promise<Answer> {
    return this.send('POST', `job-done/${this.#id}/${jobId}?gpu=none&isStream=${isStream}`, JSON.stringify(result));
  }

  progress(jobId: string, output: unknown): Promise<Answer> {
    return this.done(jobId, { status: 'IN_PROGRESS', output });
  }

  stream(jobId: string, output: unknown): Promise<Answer> {
    return this.send('POST', `job-stream/${this.#id}/${jobId}?gpu=none&isStream=false`, JSON.stringify({ output }));
  }

  ping(...jobIds: readonly string[]): Promise<Answer> {
    const named = jobIds.length > 0 ? `&job_id=${encodeURIComponent(jobIds.join(','))}` : '';
    return this.send('GET', `ping/${this.#id}?gpu=none${named}&runpod_version=1.12.0`, undefined, this.#heartbeat);
  }

  /** Ends its main process, as `kill -9` does: the connections close, the heartbeat goes on. */
  kill(): Promise<void> {
    return this.#main.destroy();
  }

  async send(method: 'GET' | 'POST', path: string, body?: string, dispatcher = this.#main): Promise<Answer> {
    const answer = await request(`${this.#url}/${path}`, {
      method,
      headers: { authorization: this.#key, ...(body !== undefined && FORM) },
      ...(body !== undefined && { body }),
      dispatcher,
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, body: text === '' ? undefined : JSON.parse(text) };
  }
}

/** The package sends JSON, and says that it is a form. */
const FORM = { charset: 'utf-8', 'content-type': 'application/x-www-form-urlencoded' };
