import type { JsonValue } from '../../job-api/json.js';
import { canonicalJson } from '../input-digest.js';
import type { Schedule } from './schedule.js';

/** One field that differs; absent on the side that does not have it. */
export interface FieldChange {
  /** `cron`, `pipeline.definition.steps.draw.endpoint` */
  readonly field: string;
  readonly from?: JsonValue;
  readonly to?: JsonValue;
}

/** What has to be done about one schedule. */
export type ScheduleChange =
  | { readonly kind: 'create'; readonly id: string; readonly schedule: Schedule; readonly paused: boolean }
  | {
      readonly kind: 'update';
      readonly id: string;
      readonly schedule: Schedule;
      /** Absent: it stays as it is. */
      readonly paused?: boolean;
      readonly fields: readonly FieldChange[];
    }
  | { readonly kind: 'unchanged'; readonly id: string }
  | { readonly kind: 'delete'; readonly id: string };

/** The fields in which two values differ, in the order of their names; maps are compared field by field, lists as a whole. */
export function fieldChanges(from: object, to: object, prefix = ''): readonly FieldChange[] {
  const before = from as Readonly<Record<string, JsonValue | undefined>>;
  const after = to as typeof before;
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((name) => {
    const [old, wanted] = [before[name], after[name]];
    const field = prefix === '' ? name : `${prefix}.${name}`;
    if (isMap(old) && isMap(wanted)) return fieldChanges(old, wanted, field);
    if (old !== undefined && wanted !== undefined && canonicalJson(old) === canonicalJson(wanted)) return [];
    return [{ field, ...(old !== undefined && { from: old }), ...(wanted !== undefined && { to: wanted }) }];
  });
}

function isMap(value: JsonValue | undefined): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
