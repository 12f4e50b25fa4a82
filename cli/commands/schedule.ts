import type { AddCommand } from '../command.js';
import { addApply } from '../schedules/apply.js';
import { addCreate } from '../schedules/create.js';
import { addOperations } from '../schedules/operations.js';

const EXAMPLE = `
Example:
  jobrelay schedule create nightly --cron '30 3 * * *' --timezone Europe/Berlin --pipeline captions.yaml
  jobrelay schedule apply schedules.yaml --dry-run`;

/** `jobrelay schedule`: jobs and pipelines by the clock. */
export const addSchedule: AddCommand = (program, act) => {
  const schedule = program
    .command('schedule')
    .description('run jobs and pipelines by the clock')
    .addHelpText('after', EXAMPLE);
  addCreate(schedule, act);
  addApply(schedule, act);
  addOperations(schedule, act);
};
