import { resolve } from 'node:path';
import { collectRefs } from '../artifacts/index.js';
import type { Run } from '../client/run.js';
import type { JsonValue } from '../job-api/json.js';
import type { StreamSummary, Usage } from '../workflows/contract.js';
import { describeDuplicates, describeStream, describeUsage } from './describe-run.js';
import { quotePosix } from './quote-posix.js';
import type { Session } from './session.js';
import { writeOutput } from './write-output.js';

/** What a run completed with. */
export interface Completed {
  readonly run: Run<unknown>;
  /** All of it, for programs. */
  readonly result: unknown;
  /** The part that people ask for. */
  readonly output: JsonValue;
  readonly usage?: Usage;
  readonly suspectedDuplicates?: number;
  readonly stream?: StreamSummary;
}

export interface ReportOptions {
  /** Folder for `output.json` and the files of the output. */
  readonly out?: string;
  /** The output was printed as it came: a person needs it no more. */
  readonly isPrinted?: boolean;
}

/** Prints what a run completed with, and writes its files where that is asked for. */
export async function reportResult(
  { run, result, output: value, usage, suspectedDuplicates = 0, stream }: Completed,
  { out, isPrinted = false }: ReportOptions,
  { output, process, openStore }: Session,
): Promise<void> {
  const { workflowId, runId } = run;
  output.note(`Completed ${workflowId}${usage ? `: ${describeUsage(usage)}` : ''}`);
  for (const line of describeDuplicates(suspectedDuplicates)) output.note(line);
  const files = out === undefined ? [] : await writeFiles();
  for (const file of files) output.note(`Wrote ${file}`);
  const stored = out === undefined ? collectRefs(value).length : 0;
  if (stored > 0) output.note(`${stored} of its values are stored apart: --out DIR writes them.`);
  for (const line of describeStream(stream)) output.note(line);
  if (isPrinted && !output.json) return;
  output.result(
    { workflowId, runId, status: 'completed', result, ...(files.length > 0 && { files }) },
    JSON.stringify(value, undefined, 2),
  );

  /** The output is there all the same: it must not be run, and paid, again for a disk that is full. */
  async function writeFiles(): Promise<readonly string[]> {
    try {
      return await writeOutput(value, resolve(process.cwd, out ?? ''), await openStore());
    } catch (error) {
      output.note(`Its output is kept: jobrelay result ${quotePosix(workflowId)} --out DIR`);
      throw error;
    }
  }
}
