import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createClient,
  InvalidInput,
  type JobRelayClient,
  type PipelineResult,
  ScheduleExists,
  ScheduleNotFound,
} from '../../../client/index.js';
import { type Harness, until } from '../harness.js';
import { clock, echo, NEVER, type Scheduling, startScheduling } from './scheduling.js';

let harness: Harness;
let relay: JobRelayClient;
let freshId: Scheduling['freshId'];
let stop: Scheduling['stop'];
beforeAll(async () => {
  ({ harness, relay, freshId, stop } = await startScheduling());
});
afterAll(() => stop());

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

it('says that Temporal is gone in the words of the client', async () => {
  const { connection } = harness.temporal;
  const broken = await createClient({ connection, namespace: 'nowhere-to-be-found', taskQueue: 'q' } as never);
  await expect(broken.schedules.describe('x')).rejects.toMatchObject({ code: 'NamespaceMissing' });
});
