/** `schedules.yaml`: read and checked, all of it, before anything is asked or changed. */
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { ScheduleInput } from '../../client/schedules/schedule.js';
import { checkTiming, timingShape } from '../../client/schedules/schema.js';
import {
  type Config,
  checkShape,
  closedObject,
  decodeText,
  type Path,
  type Problem,
  parseYaml,
  problem,
  YamlError,
  type YamlSource,
} from '../../config/index.js';
import { budgetSchema } from '../../definition/budget.js';
import type { JsonObject, JsonValue } from '../../job-api/json.js';
import { InputError } from '../errors.js';
import { givenPipeline } from '../given-pipeline.js';
import { problemsOfJob, problemsOfPipeline } from './check-work.js';

export interface ScheduleFile {
  /** Absent: the client's default. */
  readonly group?: string;
  readonly schedules: Readonly<Record<string, ScheduleInput>>;
}

const name = z
  .string()
  .regex(
    /^[A-Za-z0-9][\w.-]{0,199}$/,
    'a name begins with a letter or digit and goes on with letters, digits, _ - and .',
  );
const json = z.record(z.string(), z.json());

const entry = closedObject({
  ...timingShape,
  job: json.optional().describe('What runs: the input of the workflow job, with endpoint and input.'),
  pipeline: z
    .union([z.string().min(1), json], { error: 'must be the path or the name of a definition, or a definition' })
    .optional()
    .describe(
      'In the place of job: the path of a definition, relative to this file; its name in the folder of pipelines; or a definition.',
    ),
  input: z.json().optional().describe('The input of the pipeline.'),
  budget: budgetSchema.optional().describe('What each run of the pipeline may spend at most.'),
})
  .meta({
    allOf: [
      { oneOf: [{ required: ['cron'] }, { required: ['every'] }] },
      { oneOf: [{ required: ['job'] }, { required: ['pipeline'] }] },
    ],
  })
  .superRefine((schedule, context) => {
    checkTiming(schedule, context);
    const { job, pipeline, input, budget } = schedule;
    if ((job === undefined) === (pipeline === undefined)) {
      context.addIssue({ code: 'custom', message: 'must hold what runs: either job or pipeline' });
    }
    if (job !== undefined && input !== undefined) {
      context.addIssue({
        code: 'custom',
        path: ['input'],
        message: 'goes with pipeline: the input of a job is in job',
      });
    }
    if (job !== undefined && budget !== undefined) {
      context.addIssue({
        code: 'custom',
        path: ['budget'],
        message: 'goes with pipeline: write the budget of a job into job',
      });
    }
  });
type Entry = z.output<typeof entry>;

export const scheduleFileSchema = closedObject({
  version: z.literal(1).describe('The version of the format.'),
  group: name.optional().meta({
    description:
      'The set that these schedules are: `schedule apply --prune` deletes those of the same group that are gone.',
    default: 'default',
  }),
  schedules: z.record(name, entry).describe('By the id that each goes by.'),
});

/**
 * Reads schedules, and the definitions whose paths they hold, relative to the file. What they have by name stays a name.
 * With a configuration, what runs is checked as a worker with it would.
 *
 * @throws {InputError} with every problem as `file:line:col: path: message`
 */
export async function readScheduleFile(file: string, config: Config | undefined): Promise<ScheduleFile> {
  const source = await parse(file);
  const shape = checkShape(scheduleFileSchema, source.value);
  if (!('value' in shape)) throw new InputError(locate({ source, path: [] }, shape.problems).join('\n'));
  const { group, schedules } = shape.value;
  const wrong: string[] = [];
  const read: Record<string, ScheduleInput> = {};
  for (const [id, schedule] of Object.entries(schedules)) {
    const { input, problems } = await readEntry(schedule, { source, path: ['schedules', id] }, config);
    wrong.push(...problems);
    if (input !== undefined) read[id] = input;
  }
  if (wrong.length > 0) throw new InputError(wrong.join('\n'));
  return { ...(group !== undefined && { group }), schedules: read };
}

interface Place {
  readonly source: YamlSource;
  readonly path: Path;
}

interface ReadEntry {
  /** Absent where it could not be read. */
  readonly input?: ScheduleInput;
  readonly problems: readonly string[];
}

async function readEntry(schedule: Entry, { source, path }: Place, config: Config | undefined): Promise<ReadEntry> {
  const { job, pipeline, input, budget, ...settings } = schedule;
  if (job !== undefined) {
    const found = config ? (await problemsOfJob(job as JsonObject, config)).input : [];
    const problems = locate({ source, path: [...path, 'job'] }, found);
    return { input: { ...settings, job } as unknown as ScheduleInput, problems };
  }
  const read = await readPipeline(pipeline as string | JsonObject, { source, path: [...path, 'pipeline'] });
  if ('problems' in read) return read;
  const { place, ...what } = read;
  const work = {
    ...what,
    ...(input !== undefined && { input: input as JsonValue }),
    ...(budget !== undefined && { budget }),
  };
  const found = config && (await problemsOfPipeline(work, config));
  const located = (place: Place | undefined, wrong: readonly Problem[]) =>
    place === undefined ? wrong.map(({ message }) => message) : locate(place, wrong);
  return {
    input: { ...settings, pipeline: work } as unknown as ScheduleInput,
    problems: found ? [...located(place, found.definition), ...locate({ source, path }, found.input)] : [],
  };
}

type ReadPipeline =
  | { readonly definition: JsonObject; readonly place: Place }
  /** Its problems say themselves where they are. */
  | { readonly pipeline: string; readonly place?: undefined }
  | { readonly problems: readonly string[] };

/** The definition and where it stands, in its own file or in this one; or its name. */
async function readPipeline(pipeline: string | JsonObject, place: Place): Promise<ReadPipeline> {
  if (typeof pipeline !== 'string') return { definition: pipeline, place };
  const given = await givenPipeline(pipeline, dirname(place.source.file));
  if (given.kind === 'name') return { pipeline: given.name };
  const { DefinitionFileUnreadable, readDefinition } = await import('../../definition/index.js');
  try {
    const { definition, source } = await readDefinition(given.file);
    return { definition, place: { source, path: [] } };
  } catch (error) {
    if (error instanceof DefinitionFileUnreadable) {
      return { problems: locate(place, [{ path: [], message: error.message }]) };
    }
    if (error instanceof YamlError) return { problems: [error.message] };
    throw error;
  }
}

async function parse(file: string): Promise<YamlSource> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'is not there: check the path' : `cannot be read (${error.code})`;
    throw new InputError(`the file of schedules ${file} ${why}`, { cause: error });
  });
  try {
    return parseYaml(decodeText(bytes, file), file);
  } catch (error) {
    if (error instanceof YamlError) throw new InputError(error.message, { cause: error });
    throw error;
  }
}

/** The problems of what stands at a place, in the order of its file. */
function locate({ source, path: place }: Place, found: readonly Problem[]): string[] {
  return found
    .map(({ path, message }) => ({ path: [...place, ...path], message }))
    .map(({ path, message }) => ({ ...source.locate(path), text: problem(source, path, message) }))
    .sort((a, b) => a.line - b.line || a.column - b.column)
    .map(({ text }) => text);
}
