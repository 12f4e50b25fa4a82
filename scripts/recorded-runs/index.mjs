// The runs whose histories the replay tests keep: one for each way through the workflows, as a list to read.
import { budgetRuns } from './budget-runs.mjs';
import { jobRuns } from './job-runs.mjs';
import { nestedRuns } from './nested-runs.mjs';
import { ownRuns } from './own-runs.mjs';
import { pipelineRuns } from './pipeline-runs.mjs';

const reapRuns = [
  {
    name: 'reap-completed',
    type: 'reap',
    input: { taskQueue: 'jobrelay', maxRuns: 2 },
    leaves: 3,
    ends: 'completed',
  },
  {
    name: 'reap-completed-after-another-look',
    type: 'reap',
    input: { taskQueue: 'jobrelay' },
    leaves: 1,
    readsTakeMs: 7_000,
    ends: 'completed',
  },
];

/**
 * `ends` is how the run must end, or the recording is not what its name says. With `cancelWhileRunning`, it is cancelled
 * once a worker waits for so many jobs; with `cancelWhileChildrenWait`, for those of so many children. `decide` are the
 * answers to its approvals, in this order. With `webhook`, its jobs have webhooks, and that of the first comes through the
 * run, at the time that `when` says. `quick`: the endpoint of its jobs, which is made known before as one that ends them in
 * a moment. `leaves`: so many runs are terminated before it starts; with
 * `readsTakeMs`, a few reads of their jobs take so long.
 */
export const runs = [...jobRuns, ...pipelineRuns, ...nestedRuns, ...budgetRuns, ...reapRuns, ...ownRuns];

export { configuration, endpoints, faults } from './emulator.mjs';
