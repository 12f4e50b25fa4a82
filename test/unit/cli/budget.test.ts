import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { budgetOf } from '../../../cli/budget-options.js';
import { InputError } from '../../../cli/errors.js';
import { drawSteps } from '../../../cli/progress-view.js';
import { describeError } from '../../../cli/report-error.js';
import { readScheduleFile } from '../../../cli/schedules/file.js';
import { RunFailed } from '../../../client/errors.js';
import { loadConfig } from '../../../config/index.js';
import { jobrelay } from './run-in-process.js';

const pipeline = (budget: string) => `version: 1
budget: ${budget}
steps:
  each: { forEach: "{% [1..5] %}", endpoint: local/echo, input: { n: "{% $item %}" } }
`;

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'jobrelay-budget-'));
});
afterAll(() => rm(cwd, { recursive: true }));

async function plan(budget: string, ...args: readonly string[]) {
  const file = join(cwd, 'each.yaml');
  await writeFile(file, pipeline(budget));
  return jobrelay(['plan', file, ...args], { cwd });
}

describe('jobrelay plan', () => {
  it('shows the budget of the definition', async () => {
    const { stdout, stderr } = await plan('{ jobs: 5 }');
    expect(stdout).toContain('\nbudget of a run: 5 jobs; then nothing more is submitted, and it fails\n');
    expect(stderr).toBe('');
    expect(JSON.parse((await plan('{ jobs: 5 }', '--json')).stdout)).toMatchObject({ budget: { jobs: 5 } });
  });

  it('warns of one that is certain to be too small', async () => {
    const { exitCode, stderr } = await plan('{ jobs: 4 }');
    expect(exitCode).toBe(0);
    expect(stderr).toContain(
      'each.yaml:2:11: budget.jobs: is too small: where nothing fails the run submits at least 5 jobs, so it will end with BudgetExceeded',
    );
  });

  it('names the endpoint without which a budget of money cannot be kept', async () => {
    const { exitCode, stderr } = await plan('{ costUsd: 1 }');
    expect(exitCode).toBe(2);
    expect(stderr).toContain(
      'each.yaml:2:11: budget.costUsd: needs a price of every endpoint, and "local/echo" (step each) has none',
    );
  });
});

describe('a budget on the command line', () => {
  it('is what was given, and absent where nothing was', () => {
    expect(budgetOf({ budgetJobs: 3 })).toEqual({ budget: { jobs: 3 } });
    expect(budgetOf({})).toEqual({});
  });

  it.each([
    ['--budget-jobs', '0', 'give a number of jobs, from 1 on'],
    ['--budget-jobs', '1.5', 'give a number of jobs, from 1 on'],
    ['--budget-cost', '0', 'give US dollars, more than 0'],
    ['--budget-cost', 'much', 'give US dollars, more than 0'],
  ])('cannot be %s %s', async (option, value, message) => {
    for (const args of [
      ['job', 'local/echo', '--input', '{}'],
      ['run', 'each.yaml'],
    ]) {
      const { exitCode, stderr } = await jobrelay([...args, option, value], { cwd });
      expect(exitCode).toBe(2);
      expect(stderr).toContain(message);
    }
  });
});

describe('a budget that is used up', () => {
  it('is an error that says what was done, and what to do', () => {
    const usage = { jobs: 2, executionMs: 1_500, wastedMs: 0 };
    const details = {
      ...({ status: 'BudgetExceeded', endpoint: 'draw', attempts: [] } as const),
      ...{ usage, suspectedDuplicates: 0 },
      budget: { jobs: { limit: 2, used: 2 } },
    } as const;
    const failure = {
      type: 'BudgetExceeded',
      message: 'the budget of the run is used up: 2 of 2 jobs submitted',
      details,
    };
    expect(describeError(new RunFailed({ workflowId: 'job:1', runId: 'r' }, failure), false)).toBe(
      'error: run job:1 failed with BudgetExceeded: the budget of the run is used up: 2 of 2 jobs submitted\n' +
        '(2 jobs, 1.5 s of execution; to go on, start it anew with a larger budget, or with less to do)',
    );
  });

  it('stands below the steps while the run goes on', () => {
    const plain = { dim: String, cyan: String, green: String, red: String, yellow: String } as never;
    const progress = {
      status: 'running',
      steps: {},
      usage: { jobs: 0, executionMs: 0, wastedMs: 0 },
      budget: { jobs: { limit: 20, used: 3 } },
    } as const;
    expect(drawSteps(progress, plain)).toBe('budget: 3 of 20 jobs submitted');
  });
});

describe('the budget of a schedule', () => {
  const read = async (entry: string) => {
    const file = join(cwd, 'schedules.yaml');
    await writeFile(file, `version: 1\nschedules:\n  nightly:\n    every: 1h\n${entry}`);
    return readScheduleFile(file, await loadConfig({ env: {}, cwd }));
  };
  const inPlace = '    pipeline: { version: 1, steps: { one: { endpoint: local/echo, input: { a: 1 } } } }\n';

  it('is given to each run of its pipeline, and checked before', async () => {
    const { schedules } = await read(`${inPlace}    budget: { jobs: 7 }\n`);
    expect(schedules.nightly).toMatchObject({ pipeline: { budget: { jobs: 7 } } });
    await expect(read(`${inPlace}    budget: { costUsd: 1 }\n`)).rejects.toThrow(
      /schedules\.yaml:6:\d+: schedules\.nightly\.budget\.costUsd: needs a price/,
    );
  });

  it('is in the job, where a job is what runs', async () => {
    const { schedules } = await read('    job: { endpoint: local/echo, input: { a: 1 }, budget: { jobs: 2 } }\n');
    expect(schedules.nightly).toMatchObject({ job: { budget: { jobs: 2 } } });
    const beside = read('    job: { endpoint: local/echo, input: { a: 1 } }\n    budget: { jobs: 2 }\n');
    await expect(beside).rejects.toThrow(InputError);
    await expect(beside).rejects.toThrow('write the budget of a job into job');
  });
});
