import { Option } from 'commander';
import type { ApprovalDecision } from '../../workflows/contract.js';
import type { AddCommand } from '../command.js';
import { EXIT_CODES } from '../exit-codes.js';
import { itemIndex } from '../option-types.js';

interface ApproveOptions {
  readonly index?: number;
  readonly reject?: boolean;
  readonly by?: string;
  readonly note?: string;
}

const EXAMPLE = `
Example:
  jobrelay approve pipeline:order-17 review
  jobrelay approve pipeline:order-17 review --index 2 --reject --note 'too dark'

\`jobrelay status ID\` shows what a run waits for. The first decision stands: to repeat it changes nothing, and another one is
refused (exit code ${EXIT_CODES.conflict.code}).`;

/** `jobrelay approve`: decides what a pipeline waits for. */
export const addApprove: AddCommand = (program, act) => {
  program
    .command('approve')
    .description('approve, or reject, a step that a pipeline waits at')
    .argument('<workflow-id>', 'as `run` prints it')
    .argument('<step>', 'name of the approval')
    .addOption(new Option('--index <n>', 'which item of a forEach, from 0').argParser(itemIndex))
    .option('--reject', 'reject it')
    .option('--by <name>', 'who decides (default: $USER)')
    .option('--note <text>', 'why; kept in the output of the step')
    .addHelpText('after', EXAMPLE)
    .action((workflowId: string, step: string, { index, reject = false, by, note }: ApproveOptions, command) =>
      act(command, async ({ openClient, output, process }) => {
        const opened = await openClient();
        try {
          const run = await opened.client.run(workflowId);
          const who = by ?? process.env.USER ?? process.env.USERNAME;
          const place = { step, ...(index !== undefined && { index }) };
          const decision = await run.approve({
            ...place,
            approved: !reject,
            ...(who && { by: who }),
            ...(note !== undefined && { note }),
          });
          const text = `${workflowId}: ${step}${index === undefined ? '' : `[${index}]`} ${describeDecision(decision)}`;
          output.result({ workflowId, runId: run.runId, ...place, ...decision }, text);
          return EXIT_CODES.ok.code;
        } finally {
          await opened.close();
        }
      }),
    );
};

function describeDecision({ approved, by, at }: ApprovalDecision): string {
  return `${approved ? 'approved' : 'rejected'}${by === null ? '' : ` by ${by}`} at ${at}`;
}
