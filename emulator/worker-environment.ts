import { randomBytes } from 'node:crypto';

/** Where a worker of RunPod's Python package is to ask for its jobs. */
export interface WorkerPlace {
  /** Of the emulator, such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** The id of the endpoint, without a provider. */
  readonly endpointId: string;
  /** No two workers of an endpoint may share one. Default: a random one. */
  readonly workerId?: string;
  /** Default `local`, which an emulator takes that was given no key of its own. */
  readonly key?: string;
}

/**
 * The environment variables that make a process of RunPod's Python package (seen with 1.12.0) a worker of the emulator:
 * what its platform sets in a container. `$ID` and `$RUNPOD_POD_ID` in them are filled in by the package.
 *
 * @example
 * spawn('python3', ['handler.py'], { env: { ...process.env, ...workerEnvironment({ url: emulator.url, endpointId: 'draw' }) } });
 */
export function workerEnvironment({ url, endpointId, workerId, key = 'local' }: WorkerPlace): Record<string, string> {
  const base = `${url.replace(/\/+$/, '')}/v2/${encodeURIComponent(endpointId)}`;
  // The package appends `&name=value`: without a query of our own the path would end in it.
  const at = (path: string) => `${base}/${path}?gpu=none`;
  return {
    RUNPOD_WEBHOOK_GET_JOB: at('job-take/$ID'),
    RUNPOD_WEBHOOK_POST_OUTPUT: at('job-done/$RUNPOD_POD_ID/$ID'),
    RUNPOD_WEBHOOK_POST_STREAM: at('job-stream/$RUNPOD_POD_ID/$ID'),
    RUNPOD_WEBHOOK_PING: at('ping/$RUNPOD_POD_ID'),
    RUNPOD_PING_INTERVAL: '10000',
    RUNPOD_AI_API_KEY: key,
    RUNPOD_ENDPOINT_ID: endpointId,
    RUNPOD_POD_ID: workerId ?? randomBytes(7).toString('hex'),
    // Else it measures the machine's GPU, disk and network, and ends where they are not a data centre's.
    RUNPOD_SKIP_AUTO_SYSTEM_CHECKS: 'true',
    RUNPOD_SKIP_GPU_CHECK: 'true',
    RUNPOD_LOG_LEVEL: 'INFO',
  };
}
