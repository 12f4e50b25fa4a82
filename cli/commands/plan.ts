import { Option } from 'commander';
import type { Inspection } from '../../definition/index.js';
import type { JsonValue } from '../../job-api/json.js';
import type { AddCommand } from '../command.js';
import { InputError } from '../errors.js';
import { EXIT_CODES } from '../exit-codes.js';
import { givenPipeline } from '../given-pipeline.js';
import { loadGiven } from '../load-definition.js';
import { readInput } from '../read-input.js';
import { problemDocuments } from '../report-error.js';
import type { Session } from '../session.js';

interface PlanCommandOptions {
  readonly input?: string;
  readonly dryRun?: boolean;
  readonly mermaid?: boolean;
}

const EXAMPLE = `
Example:
  jobrelay plan captions.yaml
  jobrelay plan captions.yaml --input @input.json --dry-run
  jobrelay plan captions.yaml --mermaid > captions.mmd
  jobrelay plan captions

A name without ending and folder is that of a definition in the folder "pipelines" of jobrelay.yaml, read on this machine.
Nothing is started, and neither Temporal nor a provider is asked.`;

/** `jobrelay plan`: what a pipeline would do. */
export const addPlan: AddCommand = (program, act) => {
  program
    .command('plan')
    .description('check a pipeline and show what it would do, without starting it')
    .argument(
      '<pipeline>',
      "file of the definition, YAML or JSON; or, where there is no such file, its name in this machine's folder",
    )
    .option('--input <json>', 'the input: JSON, @file, or - for stdin (default: not known)')
    .option('--dry-run', 'show what each step would submit, as far as that is known')
    .addOption(new Option('--mermaid', 'print the steps as a Mermaid flowchart').conflicts('dryRun'))
    .addHelpText('after', EXAMPLE)
    .action((given: string, options: PlanCommandOptions, command) =>
      act(command, async (session) => {
        const input = options.input === undefined ? undefined : await readInput(options.input, session.process);
        return report(await inspect(given, input, session), options, session);
      }),
    );
};

async function inspect(given: string, input: JsonValue | undefined, session: Session): Promise<Inspection> {
  const config = await session.loadConfig();
  const read = await loadGiven(await givenPipeline(given), config);
  const { createExpressionEngine, DefinitionError, inspectDefinition } = await import('../../definition/index.js');
  const engine = createExpressionEngine({ processes: 1 });
  try {
    return await inspectDefinition(read, input, { config, engine });
  } catch (error) {
    if (!(error instanceof DefinitionError)) throw error;
    throw new InputError(`${given} does not take this input:\n${error.message}`, { cause: error });
  } finally {
    await engine.close();
  }
}

async function report(
  inspection: Inspection,
  { dryRun = false, mermaid = false }: PlanCommandOptions,
  { output }: Session,
): Promise<number> {
  const { plan, warnings, failures, forecast, estimate } = inspection;
  const { levelsOf, toMermaid } = await import('../../definition/index.js');
  const { describeDryRun, describeGraph, stepDocuments } = await import('../describe-plan.js');
  const levels = levelsOf(plan.steps);
  const document = {
    ok: failures.length === 0,
    ...(plan.name !== undefined && { name: plan.name }),
    ...(plan.budget !== undefined && { budget: plan.budget }),
    problems: problemDocuments(failures),
    warnings: problemDocuments(warnings),
    levels,
    steps: stepDocuments(inspection, dryRun),
    ...(dryRun && forecast.output !== undefined && { output: forecast.output }),
    estimate,
    ...(mermaid && { mermaid: toMermaid(plan) }),
  };
  // The standard output may go into a file: what is wrong is said beside it.
  if (!output.json) {
    for (const { text } of warnings) output.note(`warning: ${text}`);
    for (const { text } of failures) output.note(`error: ${text}`);
  }
  const parts = [describeGraph(inspection, levels), ...(dryRun ? [describeDryRun(inspection)] : [])];
  output.result(document, mermaid ? toMermaid(plan) : parts.join('\n\n'));
  return failures.length === 0 ? EXIT_CODES.ok.code : EXIT_CODES.usage.code;
}
