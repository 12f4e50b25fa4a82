/** What a worker says on its connections, as far as the crash points have to know it. */
import type { Direction } from '../world/gate.js';
import type { Told } from './points.js';

/** Whether a message to Temporal is the one that a point waits for, of the submit of this run. */
export function isAwaited(message: string, awaited: Told, workflowId: string): boolean {
  // The task token in each names the run.
  if (!message.includes(workflowId)) return false;
  if (awaited !== 'result') return message.includes(`"phase":"${awaited}"`);
  return message.includes('{"handle":') && !message.includes('"phase"');
}

/** What is asked on one connection of HTTP/1.1, and answered: one request at a time, as far as both came. */
export class Exchange {
  #request = '';
  #answer = '';

  take(chunk: Buffer, direction: Direction): void {
    const text = chunk.toString('latin1');
    if (direction === 'from') {
      this.#answer += text;
    } else if (/^(GET|POST|DELETE) /.test(text)) {
      this.#request = text;
      this.#answer = '';
    } else {
      this.#request += text;
    }
  }

  /** If it is a submit, of which run: undefined where the body did not come yet. */
  get submit(): { readonly run: string | undefined } | undefined {
    if (!/^POST \/v2\/[^/ ]+\/run /.test(this.#request)) return undefined;
    return { run: /"run":"([^"]+)"/.exec(this.#request)?.[1] };
  }

  /** The job that a submit was answered with. */
  get accepted(): string | undefined {
    return this.submit && /"id":"([^"]+)"/.exec(this.#answer)?.[1];
  }

  /** The job whose status is asked for. */
  get read(): string | undefined {
    return /^GET \/v2\/[^/ ]+\/status\/([^/? ]+)/.exec(this.#request)?.[1];
  }
}
