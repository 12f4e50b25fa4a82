/** Ids of child workflows: legible, within what the server takes, and never used twice. */
import { uuid4 } from '@temporalio/workflow';

/** Bytes that the server takes are 1,000; a command with a longer id would fail the workflow task for ever. */
const MAX_BYTES = 980;

/**
 * `<parent>/<parts…>/3f9a1c02`. After a reset the children of the run before it may still be settling their jobs, so an id
 * is not used twice. Random and yet replayed: a reset changes what is drawn from there on, and only from there.
 */
export function childWorkflowId(parentId: string, ...parts: readonly (string | number)[]): string {
  return `${cutToBytes([parentId, ...parts].join('/'), MAX_BYTES)}/${uuid4().slice(0, 8)}`;
}

/** The beginning of a text: as many whole characters as `maxBytes` of UTF-8 hold. */
export function cutToBytes(text: string, maxBytes: number): string {
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (bytes > maxBytes) return text.slice(0, end);
    end += character.length;
  }
  return text;
}
