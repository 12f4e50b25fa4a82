/** How a `forEach` over many items shares its concurrency among slices. Pure. */
import type { JsonValue } from '../../job-api/json.js';
import type { SettlingProgress } from '../contract.js';

/** One slice of the items, as the pipeline sees it. */
export interface SliceState {
  readonly status: 'waiting' | 'running' | 'ended';
  readonly items: JsonValue;
  /** `$index` of its first item. */
  readonly from: number;
  readonly count: number;
  /** Jobs it may have under way at once. */
  readonly slots: number;
  readonly done: number;
  readonly failed: number;
  /** Once it is cancelled. */
  readonly settling?: SettlingProgress;
  /** A reference to its results, once it has ended well. */
  readonly part?: JsonValue;
}

export interface SlicedWork {
  readonly work: JsonValue;
  readonly slices: readonly SliceState[];
  /** Set while the results are being joined. */
  readonly gathering?: boolean;
}

export type SliceCommand =
  | { readonly kind: 'start-slice'; readonly slice: number; readonly slots: number }
  | { readonly kind: 'grant-slots'; readonly slice: number; readonly slots: number };

/**
 * Slices under way at once, where the concurrency allows: enough that the last jobs of one, which leave its slots idle,
 * are a small share of all, and few enough that what they report fits a history.
 */
const PARALLEL_SLICES = 20;

/** Which slices to start, and which that run can use slots that others gave back. */
export function shareSlots(slices: readonly SliceState[], concurrency: number): readonly SliceCommand[] {
  const usual = usualSlots(slices, concurrency);
  // Less than half of the usual is kept until more comes: each command costs events.
  const worthwhile = Math.max(1, Math.ceil(usual / 2));
  let free = concurrency - sum(slices.filter(isRunning).map(({ slots }) => slots));
  const commands: SliceCommand[] = [];

  for (const [slice, { status, count }] of slices.entries()) {
    if (status !== 'waiting' || free < Math.min(worthwhile, count)) continue;
    const slots = Math.min(free, usual, count);
    commands.push({ kind: 'start-slice', slice, slots });
    free -= slots;
  }
  if (
    slices.some(({ status }, slice) => status === 'waiting' && !commands.some((command) => command.slice === slice))
  ) {
    return commands;
  }

  // Nothing is left to start: who has most to do gets what is free.
  const needs = slices
    .map((state, slice) => ({ slice, need: isRunning(state) ? openItems(state) - state.slots : 0 }))
    .filter(({ need }) => need > 0)
    .sort((a, b) => b.need - a.need || a.slice - b.slice);
  for (const { slice, need } of needs) {
    const slots = Math.min(free, need, Math.max(usual, Math.ceil(free / needs.length)));
    if (slots < Math.min(worthwhile, need)) break;
    commands.push({ kind: 'grant-slots', slice, slots });
    free -= slots;
  }
  return commands;
}

/** What a slice starts with. */
function usualSlots(slices: readonly SliceState[], concurrency: number): number {
  return Math.max(1, Math.ceil(concurrency / Math.min(PARALLEL_SLICES, slices.length)));
}

/** How often a slice tells of its progress: about fifty times for all slices together, at its end in any case. */
export function reportEvery(slices: readonly SliceState[]): number {
  return Math.max(10, Math.ceil(sum(slices.map(({ count }) => count)) / 50));
}

/** Slots that a slice collects before it gives them back: each message costs events on both sides. */
export function giveBackAt(slots: number): number {
  return Math.max(1, Math.ceil(slots / 4));
}

function openItems({ count, done, failed }: SliceState): number {
  return count - done - failed;
}

function isRunning({ status }: SliceState): boolean {
  return status === 'running';
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
