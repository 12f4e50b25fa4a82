/** Webhooks of providers: given out with submits, received, and passed on to whoever waits for the job. */
import { Client, type ConnectionLike, WorkflowNotFoundError } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import type { JobWebhooks, SubmitKey } from '../../activities/index.js';
import { type Config, LISTEN_VARIABLE } from '../../config/index.js';
import { JOB_ENDED_SIGNAL, type JobEndedSignal } from '../../workflows/contract.js';
import { listenOnce } from '../listen-once.js';
import { startReceiver } from './receiver.js';
import { RecentSignals } from './recent-signals.js';
import { webhookSecret } from './secret.js';
import { WebhookTokens } from './tokens.js';
import { WaitingJobs } from './waiting-jobs.js';

const SIGNAL_TIMEOUT_MS = 5_000;
const OF = { field: 'webhooks.listen', variable: LISTEN_VARIABLE };

export interface WebhooksOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly connection: ConnectionLike;
  readonly namespace: string;
  /** That of the runs, where signals to them are encoded. */
  readonly dataConverter?: DataConverter;
  readonly log: (line: string) => void;
}

/** Webhooks of one process. */
export interface Webhooks extends JobWebhooks {
  /** Where it listens; undefined where it does not. */
  readonly url: string | undefined;
  /** Stops listening. */
  close(): Promise<void>;
}

/**
 * Starts what the configuration says of webhooks; undefined where it says nothing.
 *
 * @throws {ConfigError} where the secret is not set, and where it cannot listen
 */
export async function openWebhooks(
  { webhooks: config }: Pick<Config, 'webhooks'>,
  options: WebhooksOptions,
): Promise<Webhooks | undefined> {
  if (config === undefined) return undefined;
  const { connection, namespace, dataConverter, log } = options;
  const tokens = new WebhookTokens(webhookSecret(config, options.env), namespace);
  const waiting = new WaitingJobs();
  const client = new Client({ connection, namespace, ...(dataConverter && { dataConverter }) });
  const recent = new RecentSignals();

  const onWebhook = async (key: SubmitKey, jobId: string | undefined) => {
    // Whoever waits here reads the status next, and needs nothing else.
    if (waiting.wake(key)) return;
    const name = JSON.stringify([key.runId, key.submit]);
    if (!recent.take(name)) return;
    try {
      await signalRun(client, key, jobId);
    } catch (error) {
      recent.giveBack(name);
      throw error;
    }
  };

  const { listen, publicUrl, backstopMs } = config;
  const receiver =
    listen === 'off'
      ? undefined
      : await listenOnce(listen, OF, (at) => startReceiver({ listen: at, tokens, onWebhook, log }));
  return {
    backstopMs,
    url: receiver?.url,
    urlFor: (key) => `${publicUrl}/${tokens.sign(key)}`,
    onArrival: (key, arrived) => waiting.add(key, arrived),
    close: async () => await receiver?.close(),
  };
}

/** The run knows who waits for the job, in whatever process. One that is over is owed nothing. */
async function signalRun(client: Client, { workflowId, runId, submit }: SubmitKey, jobId: string | undefined) {
  const signal: JobEndedSignal = { submit, ...(jobId !== undefined && { jobId }) };
  try {
    await client.withDeadline(Date.now() + SIGNAL_TIMEOUT_MS, () =>
      client.workflow.getHandle(workflowId, runId).signal(JOB_ENDED_SIGNAL, signal),
    );
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}
