import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type JobRelayClient, ScheduleNotFound } from '../../../client/index.js';
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
