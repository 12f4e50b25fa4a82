import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createClient,
  InvalidInput,
  type JobRelayClient,
  type PipelineResult,
  ScheduleExists,
  type ScheduleInput,
  ScheduleNotFound,
} from '../../../client/index.js';
import { type Harness, startHarness, until } from '../harness.js';

let harness: Harness;
let relay: JobRelayClient;
const made = new Set<string>();
beforeAll(async () => {
  harness = await startHarness();
  relay = harness.relay;
});
afterAll(async () => {
  for (const id of made) {
    await relay.schedules.delete(id).catch((error: unknown) => {
      if (!(error instanceof ScheduleNotFound)) throw error;
    });
  }
  await harness.stop();
});

function freshId(): string {
  const id = `test-${randomUUID()}`;
  made.add(id);
  return id;
}

/** Never due while a test runs. */
const NEVER = { cron: '30 3 1 1 *' } as const;
const echo = { job: { endpoint: 'local/echo', input: { prompt: 'a red boat' } } } as const;
const clock: ScheduleInput = {
  ...NEVER,
  pipeline: {
    definition: {
      version: 1,
      name: 'clock',
      steps: { at: { set: '{% $run.scheduledAt %}' } },
      output: '{% $steps.at.output %}',
    },
  },
};

describe('a schedule', () => {
  it('is told as it was asked for, with every default filled in', async () => {
    const id = freshId();
    const created = await relay.schedules.create(id, {
      ...echo,
      cron: ['*/15 8-18 * * MON-FRI', '@daily'],
      timezone: 'Europe/Berlin',
      jitter: '90s',
      startAt: '2026-01-01T00:00:00+01:00',
      note: 'boats',
    });
    expect(created).toMatchObject({ id, paused: false, note: 'boats', counts: { started: 0, missed: 0, skipped: 0 } });
    expect(created.next.length).toBeGreaterThan(0);
    expect(created.schedule).toEqual({
      ...echo,
      cron: ['*/15 8-18 * * MON-FRI', '@daily'],
      timezone: 'Europe/Berlin',
      jitter: '90s',
      startAt: '2025-12-31T23:00:00.000Z',
      note: 'boats',
      overlap: 'skip',
      catchUpWindow: '1h',
      pauseOnFailure: false,
      summary: 'job local/echo',
      taskQueue: harness.taskQueue,
    });
  });

  it('by an interval is due at its offset', async () => {
    const id = freshId();
    const { next, schedule } = await relay.schedules.create(id, { ...echo, every: '2h', offset: 60_000 });
    expect(schedule).toMatchObject({ every: '2h', offset: '1m' });
    expect(next[0]).toMatch(/T\d[02468]:01:00\.000Z$/);
  });

  it('starts a run when it is triggered, which completes', async () => {
    const id = freshId();
    await relay.schedules.create(id, { ...echo, ...NEVER });
    const started = await relay.schedules.trigger(id);
    expect(started?.workflowId).toMatch(new RegExp(`^job:${id}-20`));
    const run = await relay.run(started?.workflowId ?? '');
    expect(await run.result()).toMatchObject({ status: 'COMPLETED', output: { prompt: 'a red boat' } });
    expect(await relay.schedules.describe(id)).toMatchObject({ recent: [started], counts: { started: 1 } });
  });

  it('tells the Temporal UI of each of its runs what it was started with, as a start does', async () => {
    const id = freshId();
    await relay.schedules.create(id, { ...clock, summary: 'every new year' });
    const started = await relay.schedules.trigger(id);
    const run = await harness.temporal.workflow.getHandle(started?.workflowId ?? '').describe();
    expect(await run.staticSummary()).toBe('every new year');
    expect(await run.staticDetails()).toBe('- Pipeline: clock, 1 step');
  });

  it('tells its runs the time they were scheduled for', async () => {
    const id = freshId();
    await relay.schedules.create(id, clock);
    const before = Date.now();
    const started = await relay.schedules.trigger(id);
    const run = await relay.run<PipelineResult>(started?.workflowId ?? '');
    const { output } = await run.result();
    // To the second, as Temporal tells it.
    expect(Date.parse(String(output))).toBeGreaterThan(before - 1_000);
    expect(Date.parse(String(output))).toBeLessThanOrEqual(Date.now());
  });

  it('starts the runs of a time that has passed, each with its own time', async () => {
    const id = freshId();
    await relay.schedules.create(id, { ...clock, paused: true });
    await relay.schedules.backfill(id, {
      from: new Date('2025-01-01T03:30:00Z'),
      to: new Date('2026-01-01T03:30:00Z'),
    });
    const { recent } = await until('both have started', async () => {
      const description = await relay.schedules.describe(id);
      return description.recent.length === 2 ? description : undefined;
    });
    const outputs = await Promise.all(
      recent.map(async ({ workflowId }) => (await (await relay.run<PipelineResult>(workflowId)).result()).output),
    );
    expect(outputs).toEqual(['2025-01-01T03:30:00.000Z', '2026-01-01T03:30:00.000Z']);
  });

  it('starts the run of a single moment, and none that was due before', async () => {
    const id = freshId();
    await relay.schedules.create(id, { ...clock, cron: '* * * * *', paused: true });
    const backfill = (from: string, to = from) =>
      relay.schedules.backfill(id, { from: new Date(from), to: new Date(to), overlap: 'allow-all' });
    await backfill('2026-01-01T03:30:00.001Z', '2026-01-01T03:30:59.999Z');
    await backfill('2026-01-01T03:31:00.500Z');
    await backfill('2026-01-01T03:32:00Z');
    await backfill('2026-01-01T03:33:00.001Z', '2026-01-01T03:34:00Z');
    // In whatever order they start.
    const wanted = ['2026-01-01T03:32:00.000Z', '2026-01-01T03:34:00.000Z'];
    const started = await until('both have started', async () => {
      const { recent } = await relay.schedules.describe(id);
      const times = recent.map(({ dueAt }) => dueAt);
      return wanted.every((time) => times.includes(time)) ? times : undefined;
    });
    expect(started.toSorted()).toEqual(wanted);
    await expect(backfill('2026-01-01T03:33:00Z', '2026-01-01T03:32:59Z')).rejects.toThrow(
      /from must be a time that is not/,
    );
  });

  it('shows why it is paused, and its own note again when it goes on', async () => {
    const id = freshId();
    await relay.schedules.create(id, { ...echo, ...NEVER, note: 'boats' });
    await relay.schedules.pause(id, 'the dock is closed');
    const paused = await relay.schedules.describe(id);
    expect(paused).toMatchObject({ paused: true, note: 'the dock is closed', schedule: { note: 'boats' } });
    await relay.schedules.resume(id);
    expect(await relay.schedules.describe(id)).toMatchObject({ paused: false, note: 'boats' });
  });

  it('is in the list', async () => {
    const id = freshId();
    await relay.schedules.create(id, { ...echo, every: '1d', paused: true });
    const listed = await until('it is listed', async () => {
      for await (const summary of relay.schedules.list()) if (summary.id === id) return summary;
      return undefined;
    });
    expect(listed).toMatchObject({ id, type: 'job', when: 'every 1d', paused: true });
  });

  it('is gone when it was deleted', async () => {
    const id = freshId();
    await relay.schedules.create(id, { ...echo, ...NEVER });
    await relay.schedules.delete(id);
    await expect(relay.schedules.describe(id)).rejects.toThrow(ScheduleNotFound);
    await expect(relay.schedules.trigger(id)).rejects.toThrow(ScheduleNotFound);
  });

  it('keeps its id for itself', async () => {
    const id = freshId();
    await relay.schedules.create(id, { ...echo, ...NEVER });
    await expect(relay.schedules.create(id, { ...echo, ...NEVER })).rejects.toThrow(ScheduleExists);
  });

  it('that is written wrongly is not made', async () => {
    const id = freshId();
    const wrong = { ...echo, cron: '61 * * * *' };
    await expect(relay.schedules.create(id, wrong)).rejects.toThrow(InvalidInput);
    await expect(relay.schedules.create(id, wrong)).rejects.toThrow(/cron\[0\] "61" is no minute/);
    await expect(relay.schedules.describe(id)).rejects.toThrow(ScheduleNotFound);
  });
});

describe('a set of schedules', () => {
  it('is made, and then found unchanged', async () => {
    const [a, b] = [freshId(), freshId()];
    const wanted = {
      [a]: { ...echo, cron: '0 9 * * 1', timezone: 'Asia/Tokyo', maxRuns: 3, startAt: '2026-01-01T00:00:00Z' },
      [b]: { ...clock, note: 'tick', summary: 'a clock' },
    };
    const changes = await relay.schedules.compare(wanted);
    expect(changes).toMatchObject([
      { kind: 'create', id: a },
      { kind: 'create', id: b },
    ]);
    await relay.schedules.apply(changes);
    expect(await relay.schedules.compare(wanted)).toEqual([
      { kind: 'unchanged', id: a },
      { kind: 'unchanged', id: b },
    ]);
  });

  it('is changed field by field, and keeps what happened meanwhile', async () => {
    const id = freshId();
    const first = { ...echo, ...NEVER, maxRuns: 5, note: 'boats' };
    await relay.schedules.apply(await relay.schedules.compare({ [id]: first }));
    await relay.schedules.pause(id, 'the dock is closed');

    const second = { [id]: { ...first, maxRuns: 8, note: 'ships', job: { ...echo.job, input: { prompt: 'a ship' } } } };
    const changes = await relay.schedules.compare(second);
    expect(changes).toMatchObject([
      {
        kind: 'update',
        fields: [
          { field: 'job.input.prompt', from: 'a red boat', to: 'a ship' },
          { field: 'maxRuns', from: 5, to: 8 },
          { field: 'note', from: 'boats', to: 'ships' },
        ],
      },
    ]);
    await relay.schedules.apply(changes);
    expect(await relay.schedules.describe(id)).toMatchObject({
      paused: true,
      note: 'the dock is closed',
      remainingRuns: 8,
      schedule: { note: 'ships', job: { input: { prompt: 'a ship' } } },
    });
    expect(await relay.schedules.compare(second)).toEqual([{ kind: 'unchanged', id }]);
  });

  it('counts the runs that have been when their number changes', async () => {
    const id = freshId();
    const every = { ...echo, every: '1s', maxRuns: 1 };
    await relay.schedules.apply(await relay.schedules.compare({ [id]: every }));
    await until('its one run has started', async () => (await relay.schedules.describe(id)).remainingRuns === 0);
    await relay.schedules.apply(await relay.schedules.compare({ [id]: { ...every, every: '1d', maxRuns: 4 } }));
    expect(await relay.schedules.describe(id)).toMatchObject({ remainingRuns: 3, schedule: { maxRuns: 4 } });
  });

  it('counts them as well where their number is lowered below them for a while', async () => {
    const id = freshId();
    const every = { ...echo, every: '1s' };
    const limit = async (maxRuns: number | undefined, interval = '1d') => {
      const wanted = { ...every, every: interval, ...(maxRuns !== undefined && { maxRuns }) };
      await relay.schedules.apply(await relay.schedules.compare({ [id]: wanted }));
      return (await relay.schedules.describe(id)).remainingRuns;
    };
    await limit(3, '1s');
    await until('its three runs have started', async () => (await relay.schedules.describe(id)).remainingRuns === 0);
    expect(await limit(1)).toBe(0);
    expect(await limit(2)).toBe(0);
    expect(await limit(3)).toBe(0);
    expect(await limit(4)).toBe(1);
    // To take the limit away is the way to begin anew.
    expect(await limit(undefined)).toBeUndefined();
    expect(await limit(3)).toBe(3);
  });

  it('sees what others changed, and puts it right', async () => {
    const id = freshId();
    const wanted = { [id]: { ...echo, ...NEVER } };
    await relay.schedules.apply(await relay.schedules.compare(wanted));
    await harness.temporal.schedule.getHandle(id).update(({ spec: _spec, ...rest }) => ({
      ...rest,
      spec: { intervals: [{ every: '5m' }], calendars: [{ hour: 3, comment: NEVER.cron }] },
    }));
    const changes = await relay.schedules.compare(wanted);
    expect(changes).toMatchObject([
      { fields: [{ field: 'cron', from: ['0 3 * * *'], to: [NEVER.cron] }, { field: 'intervals' }] },
    ]);
    await relay.schedules.apply(changes);
    expect(await relay.schedules.compare(wanted)).toEqual([{ kind: 'unchanged', id }]);
  });

  it('loses those of its own group alone that are no longer wanted', async () => {
    const [kept, dropped, foreign, single] = [freshId(), freshId(), freshId(), freshId()];
    const group = randomUUID();
    const each = { ...echo, ...NEVER };
    await relay.schedules.apply(await relay.schedules.compare({ [kept]: each, [dropped]: each }, { group }));
    await relay.schedules.apply(await relay.schedules.compare({ [foreign]: each }, { group: randomUUID() }));
    await relay.schedules.create(single, each);

    const pruned = await until('all are listed', async () => {
      const changes = await relay.schedules.compare({ [kept]: each }, { group, prune: true });
      return changes.length > 1 ? changes : undefined;
    });
    expect(pruned).toEqual([
      { kind: 'unchanged', id: kept },
      { kind: 'delete', id: dropped },
    ]);
    await relay.schedules.apply(pruned);
    await expect(relay.schedules.describe(dropped)).rejects.toThrow(ScheduleNotFound);
    for (const id of [kept, foreign, single]) expect(await relay.schedules.describe(id)).toMatchObject({ id });
  });

  it('is made once, and deleted once, where two apply the same at once', async () => {
    const id = freshId();
    const group = randomUUID();
    const wanted = { [id]: { ...echo, ...NEVER, paused: true } };
    const changes = await relay.schedules.compare(wanted, { group });
    await Promise.all([relay.schedules.apply(changes), relay.schedules.apply(changes)]);
    expect(await relay.schedules.compare(wanted, { group })).toEqual([{ kind: 'unchanged', id }]);

    const gone = [{ kind: 'delete', id }] as const;
    await Promise.all([relay.schedules.apply(gone), relay.schedules.apply(gone)]);
    await expect(relay.schedules.describe(id)).rejects.toThrow(ScheduleNotFound);
  });

  it('that somebody made otherwise since the look is left as it is', async () => {
    const id = freshId();
    const changes = await relay.schedules.compare({ [id]: { ...echo, ...NEVER } });
    await relay.schedules.create(id, { ...echo, cron: '@yearly' });
    await expect(relay.schedules.apply(changes)).rejects.toThrow(/was made meanwhile, and not as it is wanted/);
    expect(await relay.schedules.describe(id)).toMatchObject({ schedule: { cron: ['@yearly'] } });
  });

  it('with a large input is found unchanged, though its input travels as an artifact', async () => {
    const id = freshId();
    const text = 'a red boat '.repeat(20_000);
    const wanted = { [id]: { ...NEVER, job: { endpoint: 'local/echo', input: { text } } } };
    await relay.schedules.apply(await relay.schedules.compare(wanted));
    expect(await relay.schedules.compare(wanted)).toEqual([{ kind: 'unchanged', id }]);
    const { workflowId = '' } = (await relay.schedules.trigger(id)) ?? {};
    expect(await (await relay.run(workflowId)).result()).toMatchObject({ status: 'COMPLETED' });
  });

  it('does not take over what is not ours', async () => {
    const id = freshId();
    await harness.temporal.schedule.create({
      scheduleId: id,
      spec: { intervals: [{ every: '1d' }] },
      action: { type: 'startWorkflow', workflowType: 'payroll', taskQueue: 'payroll' },
    });
    await expect(relay.schedules.compare({ [id]: { ...echo, ...NEVER } })).rejects.toThrow(/type "payroll"/);
    expect(await relay.schedules.describe(id)).toMatchObject({ schedule: { workflow: { type: 'payroll' } } });
  });
});

it('says that Temporal is gone in the words of the client', async () => {
  const { connection } = harness.temporal;
  const broken = await createClient({ connection, namespace: 'nowhere-to-be-found', taskQueue: 'q' } as never);
  await expect(broken.schedules.describe('x')).rejects.toMatchObject({ code: 'NamespaceMissing' });
});
