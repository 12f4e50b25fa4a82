import type { JsonValue } from '../../job-api/json.js';

/** Keys and indexes from the root of an output; `*` stands for all of them. */
export type OutputPath = readonly string[];

const SEGMENT = /^[^.\s*]+$/;

/** `output.images.*.url`; undefined for what is no such path. */
export function parseOutputPath(text: string): OutputPath | undefined {
  const [root, ...segments] = text.split('.');
  const isPath = root === 'output' && segments.every((segment) => segment === '*' || SEGMENT.test(segment));
  return isPath ? segments : undefined;
}

/** A copy of the output with what `replace` gives for the values at the paths. What is not there is not missed. */
export async function replaceAt(
  output: JsonValue,
  paths: readonly OutputPath[],
  replace: (value: JsonValue, place: string) => Promise<JsonValue>,
): Promise<JsonValue> {
  const visit = async (value: JsonValue, rest: readonly OutputPath[], place: string): Promise<JsonValue> => {
    if (rest.length === 0) return value;
    if (rest.some((path) => path.length === 0)) return replace(value, place);
    if (typeof value !== 'object' || value === null) return value;
    const inside = (key: string, item: JsonValue) =>
      visit(
        item,
        rest.filter(([first]) => first === key || first === '*').map((path) => path.slice(1)),
        `${place}.${key}`,
      );
    if (Array.isArray(value)) return Promise.all(value.map((item: JsonValue, index) => inside(String(index), item)));
    const entries = Object.entries(value).map(async ([key, item]) => [key, await inside(key, item)] as const);
    return Object.fromEntries(await Promise.all(entries));
  };
  return visit(output, paths, 'output');
}
