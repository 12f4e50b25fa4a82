import type { AddCommand } from '../command.js';
import { addCheck } from '../endpoints/check.js';
import { addHealth } from '../endpoints/health.js';
import { addLimits } from '../endpoints/limits.js';
import { addList } from '../endpoints/list.js';
import { addOneJob } from '../endpoints/one-job.js';
import { addPurge } from '../endpoints/purge.js';
import { addStream } from '../endpoints/stream.js';

const EXAMPLE = `
Example:
  jobrelay endpoint health whisper
  jobrelay endpoint status runpod/abc123 18341ef4-fe3e-4388-b89e-458bdc72b633-u1

Asks the provider itself, and needs no Temporal: what is done here, runs do not know of.`;

/** `jobrelay endpoint`: the remote side, asked without a run. */
export const addEndpoint: AddCommand = (program, act) => {
  const endpoint = program
    .command('endpoint')
    .description('ask endpoints, and the jobs there, without a run')
    .addHelpText('after', EXAMPLE);
  addList(endpoint, act);
  addHealth(endpoint, act);
  addLimits(endpoint, act);
  addPurge(endpoint, act);
  addCheck(endpoint, act);
  addOneJob(endpoint, act);
  addStream(endpoint, act);
};
