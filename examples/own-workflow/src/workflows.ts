/** Notes of a recorded call. Branches, loops and retries are TypeScript; each remote job is one call. */
import { executeJob, mapJobs, withFailover } from 'jobrelay/workflows';

export interface CallNotesInput {
  /** Where the recording is. */
  readonly recording: string;
}

export interface CallNotes {
  readonly language: string;
  /** One line for each part of the call; `null` where no summary could be made. */
  readonly summary: readonly (string | null)[];
  /** The draft of an answer, where the caller complained. */
  readonly answer?: string;
  /** Remote jobs that this took. */
  readonly jobs: number;
}

export async function callNotes({ recording }: CallNotesInput): Promise<CallNotes> {
  // Two models that do the same, and want it differently: each has an input of its own.
  const heard = await withFailover(
    [
      {
        endpoint: 'local/transcribe-large',
        input: { audio: recording },
        timeouts: { queue: '2s' },
        retry: { queue: 0 },
      },
      { endpoint: 'local/transcribe', input: { file_url: recording, timestamps: false } },
    ],
    { id: 'transcribe' },
  );
  const { language, text } = heard.output as { language: string; text: string };
  let { jobs } = heard.usage;

  let english = text;
  if (language !== 'en') {
    const translated = await executeJob({ endpoint: 'local/translate', input: { text, from: language } });
    english = (translated.output as { text: string }).text;
    jobs += translated.usage.jobs;
  }

  const parts = english.split('\n\n');
  const summaries = await mapJobs(parts, (part) => ({ endpoint: 'local/summarise', input: { text: part } }), {
    id: 'summarise',
    concurrency: 4,
    tolerate: '50%',
  });
  const summary = summaries.map((job) =>
    job.status === 'completed' ? (job.result.output as { line: string }).line : null,
  );
  jobs += summaries.length;
  if (!/refund|complain/i.test(english)) return { language, summary, jobs };

  const drafted = await executeJob({ endpoint: 'local/answer', input: { summary } }, { id: 'answer' });
  const { text: answer } = drafted.output as { text: string };
  return { language, summary, answer, jobs: jobs + drafted.usage.jobs };
}
