import path from 'node:path';
import { type Config, YamlError } from '../../config/index.js';
import type { AddCommand } from '../command.js';
import { InputError } from '../errors.js';
import { EXIT_CODES } from '../exit-codes.js';
import { inputErrors, NO_FOLDER } from '../load-definition.js';
import { tableLines } from '../table.js';

/** A file of the folder, and whether its definition can run. */
interface ListedPipeline {
  readonly name: string;
  readonly file: string;
  /** As the definition names itself. */
  readonly title?: string;
  /** In their order; absent where the definition cannot run. */
  readonly steps?: readonly string[];
  /** `file:line:column: path: what`; empty: it can run. */
  readonly problems: readonly string[];
}

const EXAMPLE = `
Example:
  jobrelay pipeline list
  jobrelay plan captions
  jobrelay run captions --input @input.json
  jobrelay schedule create nightly --cron '30 3 * * *' --pipeline captions

The folder is "pipelines" in jobrelay.yaml, read on this machine. Exit code 2 where a definition cannot run.`;

/** `jobrelay pipeline`: the definitions that runs may name. */
export const addPipeline: AddCommand = (program, act) => {
  const pipeline = program
    .command('pipeline')
    .description('the definitions in the folder of pipelines')
    .addHelpText('after', EXAMPLE);
  pipeline
    .command('list')
    .description('list the definitions that runs may name, and check each')
    .addHelpText('after', EXAMPLE)
    .action((_options, command) =>
      act(command, async ({ loadConfig, output }) => {
        const config = await loadConfig();
        const { pipelines: folder } = config;
        if (folder === undefined) throw new InputError(NO_FOLDER);
        const listed = await listPipelines(folder, config);
        output.result({ folder, pipelines: listed }, describePipelines(listed, folder));
        return listed.every(({ problems }) => problems.length === 0) ? EXIT_CODES.ok.code : EXIT_CODES.usage.code;
      }),
    );
};

async function listPipelines(folder: string, config: Config): Promise<readonly ListedPipeline[]> {
  const { definitionFiles, pipelineNameOf } = await import('../../definition/index.js');
  const files = await inputErrors(definitionFiles(folder));
  return await Promise.all(files.map((file) => look(folder, file, pipelineNameOf(file), config)));
}

async function look(folder: string, file: string, name: string, config: Config): Promise<ListedPipeline> {
  const { checkDefinition, DefinitionFileUnreadable, isPipelineName, readNamedDefinition } = await import(
    '../../definition/index.js'
  );
  const place = { name, file: path.join(folder, file) };
  if (!isPipelineName(name)) {
    return { ...place, problems: [`${place.file} has no name that a run can give: use letters, digits, _ and -`] };
  }
  try {
    const read = await readNamedDefinition(folder, name);
    if (read === undefined) return { ...place, problems: [`${place.file} is not there any more`] };
    const { name: title, steps } = read.definition;
    const problems = (await checkDefinition(read, config)).map(({ text }) => text);
    return {
      ...place,
      ...(typeof title === 'string' && { title }),
      ...(problems.length === 0 && { steps: Object.keys(steps as object) }),
      problems,
    };
  } catch (error) {
    if (!(error instanceof YamlError) && !(error instanceof DefinitionFileUnreadable)) throw error;
    return { ...place, problems: [error.message] };
  }
}

function describePipelines(listed: readonly ListedPipeline[], folder: string): string {
  if (listed.length === 0) return `There is no definition in ${folder}.`;
  const rows = listed.map(({ name, title = '', steps, problems }) => {
    const [first, ...more] = problems;
    const verdict = first === undefined ? 'ok' : `${first}${more.length > 0 ? ` (and ${more.length} more)` : ''}`;
    return [name, title, steps === undefined ? '' : String(steps.length), verdict];
  });
  return tableLines([['NAME', 'TITLE', 'STEPS', 'CHECK'], ...rows]).join('\n');
}
