import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ConnectionLike,
  ScheduleAlreadyRunning,
  ScheduleClient,
  ScheduleNotFoundError,
  type ScheduleDescription as TemporalDescription,
} from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { type ArtifactStore, collectRefs } from '../../artifacts/index.js';
import { checkShape, formatPath } from '../../config/index.js';
import type { JsonObject, JsonValue } from '../../job-api/json.js';
import { InvalidInput } from '../errors.js';
import { inputDigest } from '../input-digest.js';
import { toJson } from '../json-input.js';
import { prepareInput } from '../prepare-input.js';
import { translateError } from '../translate-error.js';
import type { Schedules } from './api.js';
import { fieldChanges, type ScheduleChange } from './changes.js';
import { ScheduleExists, ScheduleNotFound } from './errors.js';
import {
  NO_REASON,
  type Schedule,
  type ScheduleDescription,
  type ScheduleInput,
  type ScheduleSummary,
} from './schedule.js';
import { type CheckedSchedule, scheduleSchema } from './schema.js';
import {
  countedRuns,
  digestOf,
  fromTemporal,
  isOurs,
  type ScheduleState,
  toDescription,
  toPolicy,
  toSchedule,
  toSummary,
  toTemporal,
  workOf,
} from './temporal.js';

/** How long a triggered run may take to show up. */
const TRIGGER_WAIT_MS = 5_000;
const TRIGGER_POLL_MS = 100;

export interface SchedulesContext {
  readonly connection: ConnectionLike;
  readonly address: string;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly store: ArtifactStore | undefined;
  readonly dataConverter: DataConverter;
}

const DEFAULT_GROUP = 'default';

export function createSchedules(context: SchedulesContext): Schedules {
  const { connection, address, namespace, taskQueue, store, dataConverter } = context;
  const temporal = new ScheduleClient({ connection, namespace, dataConverter });

  /** One call about a schedule, with errors in this client's words. */
  async function call<T>(id: string, body: () => Promise<T>): Promise<T> {
    try {
      return await body();
    } catch (error) {
      if (error instanceof ScheduleNotFoundError) throw new ScheduleNotFound(id, namespace, { cause: error });
      if (error instanceof ScheduleAlreadyRunning) throw new ScheduleExists(id, undefined, { cause: error });
      // What Temporal calls an invalid argument.
      if (error instanceof TypeError) throw new InvalidInput(`schedule "${id}"`, `was refused: ${error.message}`);
      throw translateError(error, { address, namespace });
    }
  }

  const read = (id: string) => call(id, () => temporal.getHandle(id).describe());
  const remove = (id: string) => call(id, () => temporal.getHandle(id).delete());

  async function find(id: string): Promise<TemporalDescription | undefined> {
    return read(id).catch((error: unknown) => {
      if (error instanceof ScheduleNotFound) return undefined;
      throw error;
    });
  }

  const prepare = (schedule: Schedule) => prepareInput(workOf(schedule).input, store);

  async function make(id: string, schedule: Schedule, paused: boolean): Promise<void> {
    const { note, maxRuns } = schedule;
    const options = toTemporal(id, schedule, await prepare(schedule), {
      paused,
      ...(note !== undefined && { note }),
      ...(maxRuns !== undefined && { remainingRuns: maxRuns }),
    });
    await call(id, () => temporal.create(options));
  }

  async function change(id: string, schedule: Schedule, paused: boolean | undefined): Promise<void> {
    const prepared = await prepare(schedule);
    await call(id, () =>
      temporal
        .getHandle(id)
        .update((previous) => toTemporal(id, schedule, prepared, nextState(previous, schedule, paused))),
    );
  }

  async function* list(): AsyncGenerator<ScheduleSummary, undefined> {
    try {
      for await (const summary of temporal.list()) if (isOurs(summary.action?.workflowType)) yield toSummary(summary);
    } catch (error) {
      throw translateError(error, { address, namespace });
    }
  }

  async function compareOne(id: string, checked: CheckedSchedule, group: string): Promise<ScheduleChange> {
    const schedule = toSchedule(checked, { taskQueue, group });
    const current = await find(id);
    if (current === undefined) return { kind: 'create', id, schedule, paused: checked.paused === true };
    const { workflowType } = current.action;
    if (!isOurs(workflowType))
      throw new ScheduleExists(id, `starts workflows of the type "${workflowType}": delete it`);
    const { paused } = checked;
    const before = {
      ...withGivenInput(current, schedule),
      ...(paused !== undefined && { paused: current.state.paused }),
    };
    const after = { ...schedule, ...(paused !== undefined && { paused }) };
    const fields = fieldChanges(before, after);
    if (fields.length === 0) return { kind: 'unchanged', id };
    return { kind: 'update', id, schedule, fields, ...(paused !== undefined && { paused }) };
  }

  /** Somebody else who applied the same file may have been faster. */
  async function makeUnlessThere({ id, schedule, paused }: ScheduleChange & { kind: 'create' }): Promise<void> {
    try {
      await make(id, schedule, paused);
    } catch (error) {
      if (!(error instanceof ScheduleExists)) throw error;
      const current = await find(id);
      const before = current && { ...withGivenInput(current, schedule), paused: current.state.paused };
      if (before && fieldChanges(before, { ...schedule, paused }).length === 0) return;
      const what = 'was made meanwhile, and not as it is wanted: apply again to see the difference';
      throw new ScheduleExists(id, what, { cause: error });
    }
  }

  async function removeIfThere(id: string): Promise<void> {
    await remove(id).catch((error: unknown) => {
      if (!(error instanceof ScheduleNotFound)) throw error;
    });
  }

  async function toPrune(kept: ReadonlySet<string>, group: string): Promise<readonly ScheduleChange[]> {
    const found: ScheduleChange[] = [];
    for await (const { id } of list()) {
      if (kept.has(id)) continue;
      const description = await find(id);
      if (description !== undefined && fromTemporal(description).group === group) found.push({ kind: 'delete', id });
    }
    return found;
  }

  async function describe(id: string): Promise<ScheduleDescription> {
    return toDescription(await read(id));
  }

  return {
    async create(id, schedule) {
      const checked = check(id, schedule);
      await make(id, toSchedule(checked, { taskQueue }), checked.paused === true);
      return describe(id);
    },
    list,
    describe,
    async trigger(id, { overlap = 'allow-all' } = {}) {
      const before = new Set((await describe(id)).recent.map(({ runId }) => runId));
      await call(id, () => temporal.getHandle(id).trigger(toPolicy(overlap)));
      const end = Date.now() + TRIGGER_WAIT_MS;
      for (;;) {
        const started = (await describe(id)).recent.findLast(({ runId }) => !before.has(runId));
        if (started) return { workflowId: started.workflowId, runId: started.runId };
        if (Date.now() >= end) return undefined;
        await sleep(TRIGGER_POLL_MS);
      }
    },
    pause: (id, reason = NO_REASON) => call(id, () => temporal.getHandle(id).pause(reason)),
    async resume(id) {
      const { note } = fromTemporal(await read(id));
      await call(id, () => temporal.getHandle(id).unpause(note ?? 'resumed'));
    },
    async backfill(id, { from, to, overlap = 'buffer-all' }) {
      if (!(from <= to)) throw new InvalidInput('from', 'must be a time that is not after to');
      // Runs are due at full seconds. One at the start itself was left out by Temporal's servers for long, and is not by 1.32;
      // all include one at the end.
      const start = Math.ceil(from.getTime() / 1_000) * 1_000 - 1;
      const span = { start: new Date(start), end: new Date(Math.max(start, to.getTime())) };
      await call(id, () => temporal.getHandle(id).backfill({ ...span, overlap: toPolicy(overlap) }));
    },
    delete: remove,
    async compare(wanted, { group = DEFAULT_GROUP, prune = false } = {}) {
      const checked = Object.entries(wanted).map(([id, schedule]) => [id, check(id, schedule)] as const);
      const changes: ScheduleChange[] = [];
      for (const [id, schedule] of checked) changes.push(await compareOne(id, schedule, group));
      return prune ? [...changes, ...(await toPrune(new Set(Object.keys(wanted)), group))] : changes;
    },
    async apply(changes) {
      for (const each of changes) {
        if (each.kind === 'create') await makeUnlessThere(each);
        else if (each.kind === 'update') await change(each.id, each.schedule, each.paused);
        else if (each.kind === 'delete') await removeIfThere(each.id);
      }
    },
  };
}

/** @throws {InvalidInput} naming the first field that is wrong. */
function check(id: string, schedule: ScheduleInput): CheckedSchedule {
  if (id === '') throw new InvalidInput('id', 'is empty');
  const checked = checkShape(scheduleSchema, toJson(schedule, `schedule "${id}"`));
  if ('value' in checked) return checked.value;
  const [{ path, message } = { path: [], message: 'is wrong' }] = checked.problems;
  throw new InvalidInput([`schedule "${id}"`, formatPath(path)].filter(Boolean).join(': '), message);
}

/** What Temporal holds, with the input as it was given where that is the one that is wanted and was stored in parts. */
function withGivenInput(current: TemporalDescription, wanted: Schedule): Schedule {
  const held = fromTemporal(current);
  const { type, input } = workOf(wanted);
  const isStored = collectRefs((held[type] ?? null) as JsonValue).length > 0;
  return isStored && digestOf(current) === inputDigest(input) ? { ...held, [type]: input as JsonObject } : held;
}

/** A change keeps what happened: who paused it and why, and how many of its runs have been. */
function nextState(previous: TemporalDescription, wanted: Schedule, paused = previous.state.paused): ScheduleState {
  const isPausedStill = paused && previous.state.paused;
  const note = isPausedStill ? previous.state.note : wanted.note;
  const left = wanted.maxRuns === undefined ? undefined : wanted.maxRuns - countedRuns(previous);
  return {
    paused,
    ...(note !== undefined && { note }),
    ...(left !== undefined && { remainingRuns: Math.max(0, left) }),
    ...(left !== undefined && left < 0 && { surplusRuns: -left }),
  };
}
