/** What the Temporal UI shows of a slice: a table of its items. Pure. */
import type { Progress, Settlement } from '../contract.js';
import { JobRecord } from '../jobs/job-record.js';
import { totalUsage } from '../jobs/usage.js';
import { type Column, markdownTable } from '../markdown.js';
import { attemptCells, headline, type Span, usageLine } from '../pipelines/current-details.js';

/** An item that was started. */
export interface SliceItem {
  /** The record of its job; of a nested pipeline, which has a table of its own, what it told at its end. */
  readonly account?: JobRecord | Settlement;
  /** Absent while it goes on, also between two attempts. */
  readonly end?: 'completed' | 'failed' | 'cancelled';
}

export interface SliceView {
  readonly status: Progress['status'];
  /** `$index` of the first item. */
  readonly from: number;
  /** Absent until the items are known. */
  readonly total?: number;
  /** In their order, from the first on. */
  readonly started: readonly SliceItem[];
}

/** Fewer than of a pipeline's steps: there are many slices, and each makes its table anew whenever a job of it goes on. */
const ROWS_MAX = 20;

const COLUMNS: readonly Column[] = [
  { title: 'Item', align: 'right' },
  { title: 'Endpoint' },
  { title: 'Outcome' },
  { title: 'Queued', align: 'right' },
  { title: 'Ran', align: 'right' },
  { title: 'Job' },
  { title: 'Attempts', align: 'right' },
];

/** Its items by their `$index`, each with its last attempt: failed ones and those under way, then the latest of the others. */
export function sliceDetails(view: SliceView, span: Span): string {
  const { status, from, total, started } = view;
  const rows = started.map((item, at) => ({ ...item, index: from + at }));
  const shown = mostTelling(rows);
  return [
    headline(status, span),
    total === undefined ? '' : countsOf(total, started),
    shown.length === 0 ? '' : markdownTable(COLUMNS, shown.map(cellsOf)),
    shown.length === rows.length ? '' : `${rows.length - shown.length} more items.`,
    usageLine(totalUsage(started.flatMap(({ account }) => account ?? []))),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

interface Row extends SliceItem {
  readonly index: number;
}

function mostTelling(rows: readonly Row[]): readonly Row[] {
  if (rows.length <= ROWS_MAX) return rows;
  const telling = rows.filter(({ end }) => end === 'failed');
  const underWay = rows.filter(({ end }) => end === undefined);
  const others = rows.filter(({ end }) => end === 'completed' || end === 'cancelled').reverse();
  const kept = new Set([...telling, ...underWay, ...others].slice(0, ROWS_MAX));
  return rows.filter((row) => kept.has(row));
}

function cellsOf({ index, account, end }: Row): string[] {
  if (!(account instanceof JobRecord)) return [String(index), 'nested pipeline', end ?? 'running', '', '', '', ''];
  const { attempts, underWay } = account;
  const last = underWay.at(-1) ?? attempts.at(-1);
  const cells = last === undefined ? ['', end ?? '', '', '', ''] : attemptCells(last);
  const count = attempts.length + underWay.length;
  return [String(index), ...cells, count > 1 ? `**${count}**` : ''];
}

function countsOf(total: number, started: readonly SliceItem[]): string {
  const of = (end: SliceItem['end']) => started.filter((item) => item.end === end).length;
  const waiting = total - started.length;
  const parts = [
    `${of('completed')} of ${total} ${total === 1 ? 'item' : 'items'} done`,
    ...(of('failed') > 0 ? [`**${of('failed')}** failed`] : []),
    ...(of('cancelled') > 0 ? [`${of('cancelled')} cancelled`] : []),
    ...(of(undefined) > 0 ? [`${of(undefined)} under way`] : []),
    ...(waiting > 0 ? [`${waiting} not started`] : []),
  ];
  return `${parts.join(', ')}.`;
}
