/** A worker in a process of its own, so that its memory and its main thread are those of nothing else. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { loadConfig, startWorker } from '../worker/index.js';
import { openCollector } from './collect-garbage.js';

interface WorkerProcessOptions {
  readonly temporal: string;
  readonly emulator: string;
  readonly stateDir: string;
  readonly taskQueue: string;
}

export interface WorkerProcess {
  /** Its resident memory, bytes, once what nobody holds any more was collected. */
  rss(): Promise<number>;
  /** How long its main thread was held up at most since this was last asked, milliseconds. */
  longestDelay(): Promise<number>;
  stop(): Promise<void>;
}

const FILE = fileURLToPath(import.meta.url);

/** Starts one and resolves when it polls. It ends with this process. */
export async function startWorkerProcess(options: WorkerProcessOptions): Promise<WorkerProcess> {
  const ask = async (question: 'rss' | 'delay') => {
    child.send(question);
    return (await answerOf(child)) as number;
  };
  const child = fork(FILE, [JSON.stringify(options)], {
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  await answerOf(child);
  return {
    rss: () => ask('rss'),
    longestDelay: () => ask('delay'),
    async stop() {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}

/** The next thing it says; one question is asked at a time. */
async function answerOf(child: ChildProcess): Promise<unknown> {
  const asked = new AbortController();
  const ended = once(child, 'exit', asked).then(() => Promise.reject(new Error('the worker process ended')));
  try {
    const [answer] = (await Promise.race([once(child, 'message', asked), ended])) as [unknown];
    return answer;
  } finally {
    ended.catch(() => undefined);
    asked.abort();
  }
}

async function work({ temporal, emulator, stateDir, taskQueue }: WorkerProcessOptions): Promise<void> {
  const config = await loadConfig({ env: {}, stateDir, emulatorUrl: emulator });
  const worker = await startWorker({
    config,
    taskQueue,
    temporal: { address: temporal, namespace: 'default', environment: 'ignored' },
  });
  const delays = monitorEventLoopDelay({ resolution: 5 });
  delays.enable();
  /** Opened when it is first asked for: what is timed runs without it. */
  let collector: Promise<() => Promise<void>> | undefined;
  process.on('message', async (question) => {
    if (question === 'rss') {
      collector ??= openCollector();
      await (await collector)();
      process.send?.(process.memoryUsage.rss());
    } else {
      process.send?.(delays.max / 1e6);
      delays.reset();
    }
  });
  process.once('disconnect', () => worker.shutdown());
  process.send?.('ready');
  await worker.done;
}

if (process.argv[1] === FILE) await work(JSON.parse(process.argv[2] ?? '') as WorkerProcessOptions);
