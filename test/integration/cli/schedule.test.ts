import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type JobRelayClient, ScheduleNotFound } from '../../../client/index.js';
import { jobrelay } from '../../unit/cli/run-in-process.js';
import { type Harness, startHarness, until } from '../harness.js';

const DEFINITION = `version: 1
name: clock
steps:
  at: { set: "{% $run.scheduledAt %}" }
output: { at: "{% $steps.at.output %}" }
`;

let harness: Harness;
let relay: JobRelayClient;
const made = new Set<string>();
beforeAll(async () => {
  harness = await startHarness({
    configure: (config, stateDir) => ({ ...config, pipelines: join(stateDir, 'pipelines') }),
  });
  relay = harness.relay;
  await writeFile(file('clock.yaml'), DEFINITION);
  await mkdir(file('pipelines'));
  await writeFile(file('pipelines/tick.yaml'), DEFINITION);
  await writeFile(file('jobrelay.yaml'), 'version: 1\npipelines: ./pipelines\n');
});
afterAll(async () => {
  for (const id of made) {
    await relay.schedules.delete(id).catch((error: unknown) => {
      if (!(error instanceof ScheduleNotFound)) throw error;
    });
  }
  await harness.stop();
});

const file = (name: string) => join(harness.stateDir, name);
function freshId(): string {
  const id = `test-${randomUUID()}`;
  made.add(id);
  return id;
}

/** `jobrelay schedule …` at the server and with the task queue of this test. */
function schedule(...args: string[]) {
  const { address } = inject('temporal');
  const { stateDir, taskQueue } = harness;
  const place = ['--address', address, '--task-queue', taskQueue, '--state', stateDir];
  return jobrelay(['schedule', ...args, ...place], { cwd: stateDir });
}

const JOB = ['--job', 'local/echo', '--input', '{"n": 1}'] as const;
const NEVER = ['--cron', '30 3 1 1 *'] as const;

describe('jobrelay schedule create', () => {
  it('makes a schedule of a job, and shows it', async () => {
    const id = freshId();
    const options = ['--every', '2h', '--jitter', '90s', '--max-runs', '5', '--note', 'boats', '--timeout-run', '1m'];
    const { exitCode, stdout } = await schedule('create', id, ...JOB, ...options);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(new RegExp(`^${id}: active\n  runs +job local/echo\n  when +every 2h\n`));
    expect(stdout).toMatch(/\n {2}jitter +up to 90s\n {2}overlap +skip\n {2}catch-up +1h\n {2}runs left +5 of 5\n/);
    expect(await relay.schedules.describe(id)).toMatchObject({
      schedule: { job: { endpoint: 'local/echo', input: { n: 1 }, timeouts: { run: 60_000 } }, note: 'boats' },
    });
  });

  it('makes one of a pipeline, whose runs know their time', async () => {
    const id = freshId();
    const created = await schedule(
      'create',
      id,
      ...NEVER,
      '--timezone',
      'Asia/Tokyo',
      '--pipeline',
      file('clock.yaml'),
    );
    expect(created.stdout).toMatch(/\n {2}when +30 3 1 1 \* Asia\/Tokyo\n/);
    const { exitCode, stdout } = await schedule('trigger', id);
    expect(exitCode).toBe(0);
    const workflowId = stdout.trim();
    const result = await (await relay.run<{ output: { at: string } }>(workflowId)).result();
    expect(workflowId).toBe(`pipeline:${id}-${result.output.at.replace('.000Z', 'Z')}`);
  });

  it('makes one of a pipeline by name, which each run looks up as it starts', async () => {
    const id = freshId();
    const created = await schedule('create', id, ...NEVER, '--pipeline', 'tick');
    expect(created.stdout).toMatch(/\n {2}runs +pipeline tick\n/);
    const at = (await schedule('trigger', id)).stdout.trim();
    expect((await (await relay.run<{ output: { at: string } }>(at)).result()).output.at).toMatch(/^20/);

    await writeFile(file('pipelines/tick.yaml'), `${DEFINITION.slice(0, DEFINITION.indexOf('output:'))}output: tock\n`);
    const later = await until('a run of another second has started', async () => {
      const started = (await schedule('trigger', id)).stdout.trim();
      return started === at ? undefined : started || undefined;
    });
    expect((await (await relay.run<{ output: string }>(later)).result()).output).toBe('tock');
  });

  it.each<[string, string[], RegExp]>([
    [
      'a name that is not there',
      [...NEVER, '--pipeline', 'tock'],
      /pipeline: unknown pipeline "tock" \(.*known: tick\)/,
    ],
    ['nothing to run', [...NEVER], /say what runs: either --pipeline FILE or NAME, or --job ENDPOINT with --input/],
    ['no input', [...NEVER, '--job', 'local/echo'], /--job needs --input/],
    ['no times', [...JOB], /must say when runs are due: by cron, or by every/],
    ['a mistyped time', ['--cron', '0 25 * * *', ...JOB], /cron\[0\] "25" is no hour: it takes 0 to 23/],
    ['an unknown endpoint', [...NEVER, '--job', 'sdxl', '--input', '{"n": 1}'], /"sdxl" is not in jobrelay\.yaml/],
    ['an unknown policy', [...NEVER, ...JOB, '--overlap', 'wait'], /Allowed choices are skip, buffer-one/],
  ])('refuses %s, with the exit code 2', async (_what, args, message) => {
    const { exitCode, stdout, stderr } = await schedule('create', freshId(), ...args);
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
    expect(exitCode).toBe(2);
  });

  it('refuses a definition that cannot run, at its line and column', async () => {
    await writeFile(file('bad.yaml'), DEFINITION.replace('scheduledAt %}" }', 'x %}", endpoint: nope }'));
    const { exitCode, stderr } = await schedule('create', freshId(), ...NEVER, '--pipeline', file('bad.yaml'));
    expect(stderr).toMatch(/bad\.yaml:4:\d+: steps\.at/);
    expect(exitCode).toBe(2);
  });

  it('refuses an id that is taken, with the exit code 6', async () => {
    const id = freshId();
    await schedule('create', id, ...NEVER, ...JOB);
    const { exitCode, stderr } = await schedule('create', id, ...NEVER, ...JOB);
    expect(stderr).toContain(`the schedule "${id}" is there already`);
    expect(exitCode).toBe(6);
  });
});

describe('a schedule that is there', () => {
  it('is listed, paused, resumed, backfilled and deleted', async () => {
    const id = freshId();
    await schedule('create', id, ...NEVER, '--pipeline', file('clock.yaml'));
    await until('it is listed', async () => {
      const { stdout } = await schedule('list');
      return (
        stdout.startsWith('SCHEDULE') &&
        new RegExp(`^${id} +active +pipeline +20\\S+ +30 3 1 1 \\* UTC$`, 'm').test(stdout)
      );
    });

    expect(await schedule('pause', id, '--reason', 'moved')).toMatchObject({ exitCode: 0, stdout: `${id}: paused\n` });
    expect((await schedule('describe', id)).stdout).toMatch(new RegExp(`^${id}: paused: moved\n`));
    expect(await schedule('resume', id)).toMatchObject({ exitCode: 0, stdout: `${id}: active\n` });

    const at = '2026-01-01T03:30:00Z';
    const reversed = await schedule('backfill', id, '--from', at, '--to', '2026-01-01T03:29:59Z');
    expect(reversed.stderr).toMatch(/from must be a time that is not after to/);
    const backfilled = await schedule('backfill', id, '--from', at, '--to', at);
    expect(backfilled.exitCode).toBe(0);
    await until('the run has started', async () => {
      const { stdout } = await schedule('describe', id, '--json');
      return JSON.parse(stdout).counts.started === 1;
    });

    expect(await schedule('delete', id)).toMatchObject({ exitCode: 0, stdout: `${id}: deleted\n` });
    const gone = await schedule('describe', id);
    expect(gone.stderr).toContain(`there is no schedule "${id}" in the namespace "default"`);
    expect(gone.exitCode).toBe(4);
  });
});

describe('jobrelay schedule apply', () => {
  it('shows the difference, makes it so, and then finds nothing to do', async () => {
    const [a, b, group] = [freshId(), freshId(), randomUUID()];
    const text = `version: 1
group: ${group}
schedules:
  ${a}: { every: 1d, job: { endpoint: local/echo, input: { n: 1 } } }
  ${b}: { cron: 30 3 1 1 *, timezone: Europe/Berlin, pipeline: clock.yaml, note: tick }
`;
    const path = file('schedules.yaml');
    await writeFile(path, text);
    const planned = await schedule('apply', path, '--dry-run');
    expect(planned.stdout).toBe(
      `+ ${a}: job local/echo, every 1d\n+ ${b}: pipeline clock, 30 3 1 1 * Europe/Berlin\n2 to create, 0 to change, 0 to delete, 0 unchanged\n`,
    );
    expect((await schedule('describe', a)).exitCode).toBe(4);

    const applied = await schedule('apply', path);
    expect(applied.stderr).toBe(planned.stdout);
    expect(applied).toMatchObject({ exitCode: 0, stdout: 'Applied 2 of 2; the others were as they should be.\n' });
    expect((await schedule('apply', path)).stdout).toBe('All 2 are as they should be.\n');

    await writeFile(path, text.replace('{ n: 1 }', '{ n: 2 }').replace(/^.*clock\.yaml.*\n/m, ''));
    const pruned = await until('both are listed', async () => {
      const { stdout } = await schedule('apply', path, '--prune', '--dry-run');
      return stdout.includes('1 to delete') && stdout;
    });
    expect(pruned).toBe(
      `~ ${a}\n    job.input.n: 1 -> 2\n- ${b}\n0 to create, 1 to change, 1 to delete, 0 unchanged\n`,
    );
    const { exitCode, stdout } = await schedule('apply', path, '--prune', '--yes', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      applied: true,
      changes: [
        { kind: 'update', id: a, fields: [{ field: 'job.input.n', from: 1, to: 2 }] },
        { kind: 'delete', id: b },
      ],
    });
    expect(exitCode).toBe(0);
    expect((await schedule('describe', b)).exitCode).toBe(4);
  });

  it('says what was done where one fails half way', async () => {
    const [a, b, c] = [freshId(), freshId(), freshId()];
    const path = file('large.yaml');
    // More than Temporal takes of a start, which shows when the schedule is made.
    const large = `{ version: 1, steps: { a: { set: ${'x'.repeat(1_600_000)} } } }`;
    const job = 'job: { endpoint: local/echo, input: { n: 1 } }';
    await writeFile(
      path,
      `version: 1\nschedules:\n  ${a}: { every: 1d, ${job} }\n  ${b}: { every: 1d, pipeline: ${large} }\n  ${c}: { every: 1d, ${job} }\n`,
    );
    const { exitCode, stdout } = await schedule('apply', path, '--no-check', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      applied: false,
      done: [a],
      failed: b,
      left: [c],
      changes: [{ id: a }, { id: b }, { id: c }],
      error: { code: 'InputTooLarge' },
    });
    // Not that of a wrong usage, by which nothing was done.
    expect(exitCode).toBe(1);
    expect((await schedule('describe', a)).exitCode).toBe(0);
    expect((await schedule('describe', c)).exitCode).toBe(4);

    const again = await schedule('apply', path, '--no-check');
    expect(again.stderr).toMatch(/^error: .*/m);
    expect(again.stderr).toContain(`\nApplied before: none; failed: ${b}; not tried: ${c}. `);
    expect(again.exitCode).toBe(2);
  });

  it('changes nothing where the file has a mistake', async () => {
    const id = freshId();
    const path = file('wrong.yaml');
    await writeFile(
      path,
      `version: 1\nschedules:\n  ${id}: { every: 1d, job: { endpoint: local/echo, input: { n: 1 } } }\n  other: { every: 1x }\n`,
    );
    const { exitCode, stderr } = await schedule('apply', path);
    expect(stderr).toContain('wrong.yaml:4:12: schedules.other.every: "1x" is not a duration');
    expect(exitCode).toBe(2);
    expect((await schedule('describe', id)).exitCode).toBe(4);
  });
});
