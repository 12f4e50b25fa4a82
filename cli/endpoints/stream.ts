import { setTimeout as delay } from 'node:timers/promises';
import type { JobApi, ReportedJob, StreamChunk } from '../../job-api/index.js';
import { isTerminal } from '../../job-api/job.js';
import type { AddCommand } from '../command.js';
import { EXIT_CODES } from '../exit-codes.js';
import { onePlaceOf, withJobApi } from './target.js';

const EXAMPLE = `
Example:
  jobrelay endpoint stream runpod/abc123 18341ef4-fe3e-4388-b89e-458bdc72b633-u1

A read takes the chunks off the provider: a run that collects the stream of this job would lose them. Chunks are printed a
line each as they come, texts as they are, until the job has ended; with --json they are in one document at the end.`;

/** Between reads that a provider answers at once, though it has nothing. */
const IDLE_MS = 250;

/** `jobrelay endpoint stream`: what a generator has yielded. */
export const addStream: AddCommand = (endpoint, act) => {
  endpoint
    .command('stream')
    .description('print what a job yields until it has ended; takes it off the provider')
    .argument('<endpoint>', 'an alias of jobrelay.yaml or provider/endpointId')
    .argument('<job-id>', 'the id that the provider gave it')
    .addHelpText('after', EXAMPLE)
    .action((name: string, jobId: string, _options, command) =>
      act(command, async (session) => {
        const place = await onePlaceOf(await session.loadConfig(), name);
        const chunks: StreamChunk[] = [];
        const { output, process } = session;
        const job = await withJobApi(place, session, (api) =>
          readToEnd(api, place.endpointId, jobId, (chunk) => {
            if (output.json) chunks.push(chunk);
            else process.stdout.write(`${chunkText(chunk)}\n`);
          }),
        );
        if (output.json) output.result({ endpoint: place.name, ...job, chunks }, '');
        else output.note(`${jobId} at ${place.name}: ${job.status}`);
        return job.succeeded ? EXIT_CODES.ok.code : EXIT_CODES.failed.code;
      }),
    );
};

/** The end is the status's to say: a bare list has none, and the last chunks may come with it. */
async function readToEnd(
  api: JobApi,
  endpointId: string,
  jobId: string,
  take: (chunk: StreamChunk) => void,
): Promise<ReportedJob> {
  let ended: ReportedJob | undefined;
  for (;;) {
    const { status, chunks } = await api.stream(endpointId, jobId);
    for (const chunk of chunks) take(chunk);
    if (chunks.length > 0) continue;
    // What was yielded between a read and the end is read once more.
    if (ended !== undefined) return ended;
    if (status === undefined || isTerminal(status)) {
      const job = await api.status(endpointId, jobId);
      if (job.completed) ended = job;
      if (job.completed && status !== undefined) return job;
    }
    if (ended === undefined) await delay(IDLE_MS);
  }
}

function chunkText({ output }: StreamChunk): string {
  return typeof output === 'string' ? output : JSON.stringify(output);
}
