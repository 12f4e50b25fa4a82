import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import type { JobApi, ReportedJob } from '../../job-api/index.js';
import { briefJson } from '../brief-json.js';
import type { Act } from '../command.js';
import { EXIT_CODES } from '../exit-codes.js';
import { duration } from '../option-types.js';
import { tableLines } from '../table.js';
import { type EndpointPlace, onePlaceOf, withJobApi } from './target.js';

const JOB = '<job-id>';
const ENDPOINT = ['<endpoint>', 'an alias of jobrelay.yaml or provider/endpointId'] as const;
const POLL_MS = 500;
const CANCEL_WAIT_MS = 15_000;

/** `jobrelay endpoint status | cancel | retry`: one job, asked for by its id. */
export function addOneJob(endpoint: Command, act: Act): void {
  const one = (name: string, description: string) =>
    endpoint
      .command(name)
      .description(description)
      .argument(...ENDPOINT)
      .argument(JOB, 'the id that the provider gave it')
      .addHelpText(
        'after',
        `\nExample:\n  jobrelay endpoint ${name} runpod/abc123 18341ef4-fe3e-4388-b89e-458bdc72b633-u1`,
      );
  const ask = (body: (api: JobApi, place: EndpointPlace, jobId: string) => Promise<ReportedJob>) =>
    function action(name: string, jobId: string, _options: unknown, command: Command): Promise<void> {
      return act(command, async (session) => {
        const place = await onePlaceOf(await session.loadConfig(), name);
        const job = await withJobApi(place, session, (api) => body(api, place, jobId));
        session.output.result({ endpoint: place.name, ...job }, describeJob(place, job));
        return EXIT_CODES.ok.code;
      });
    };

  one('status', 'show a job: where it stands, its times, its output').action(
    ask((api, { endpointId }, jobId) => api.status(endpointId, jobId)),
  );

  one('cancel', 'cancel a job, and wait until it has ended')
    .option('--wait <duration>', 'how long, since an accepted cancel proves nothing', duration, CANCEL_WAIT_MS)
    .action((name: string, jobId: string, { wait }: { wait: number }, command) =>
      act(command, async (session) => {
        const place = await onePlaceOf(await session.loadConfig(), name);
        const job = await withJobApi(place, session, (api) => cancelAndWatch(api, place, jobId, wait));
        session.output.result({ endpoint: place.name, ...job }, `${jobId} at ${place.name}: ${cancelText(job)}`);
        return job.completed ? EXIT_CODES.ok.code : EXIT_CODES.notEnded.code;
      }),
    );

  one('retry', 'put a job that failed or timed out back into the queue, under its id; its result is gone then').action(
    ask((api, { endpointId }, jobId) => api.retry(endpointId, jobId)),
  );
}

async function cancelAndWatch(
  api: JobApi,
  { endpointId }: EndpointPlace,
  jobId: string,
  waitMs: number,
): Promise<ReportedJob> {
  const { JobApiError, JobNotFound } = await import('../../job-api/index.js');
  const until = performance.now() + waitMs;
  const accepted = await api.cancel(endpointId, jobId);
  // What the answer says of the job is what is hoped for.
  let seen: ReportedJob = { ...accepted, status: 'UNKNOWN', completed: false };
  do {
    try {
      seen = await api.status(endpointId, jobId);
      if (seen.completed) return seen;
    } catch (error) {
      // Some providers delete what is cancelled.
      if (error instanceof JobNotFound) return { ...accepted, status: 'CANCELLED', completed: true };
      // The cancel was accepted: what a read meets is no failure of it.
      if (!(error instanceof JobApiError) || !error.retryable) throw error;
    }
    await delay(POLL_MS);
  } while (performance.now() < until);
  return seen;
}

function cancelText({ status, completed }: ReportedJob): string {
  if (completed) return status;
  const now = status === 'UNKNOWN' ? 'whether it has ended is not known' : `it is still ${status}`;
  return `the cancel was accepted, and ${now}`;
}

function describeJob({ name }: EndpointPlace, job: ReportedJob): string {
  const { jobId, status, rawStatus, delayTimeMs, executionTimeMs, workerId, retries, output, error } = job;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['endpoint', name],
    ['status', rawStatus === undefined ? status : `${status} (${JSON.stringify(rawStatus)})`],
    ['in the queue', milliseconds(delayTimeMs)],
    ['ran', milliseconds(executionTimeMs)],
    ['worker', workerId],
    ['dispatched anew', retries === undefined ? undefined : `${retries} times`],
    // Before the end it is what the handler reports on its way.
    [job.completed ? 'output' : 'progress', output === undefined ? undefined : briefJson(output)],
    ['error', error === undefined ? undefined : briefJson(error)],
  ];
  return [
    jobId,
    ...tableLines(rows.flatMap(([title, text]) => (text === undefined ? [] : [[`  ${title}`, text]]))),
  ].join('\n');
}

function milliseconds(ms: number | undefined): string | undefined {
  if (ms === undefined) return undefined;
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
