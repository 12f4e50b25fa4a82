/**
 * Stored parts of values, inside the process that evaluates: what stands for them until an expression reads them, how that is
 * noticed, and how they are put in place. It is handed over as text, like the program itself, and must be complete in itself.
 */
export interface LeavesOptions {
  /** How many of the same place in a list are asked for beside one that was touched. */
  readonly ahead: number;
  /** The most that is put in place in one value: in `$input`, in what `$steps` has of one step, in all items together. */
  readonly maxBytes: number;
  /** What was sent of a reference: text and JSON as they are, a file in base64. Throws where bytes are no text. */
  content(sha256: string, encoding: string): { readonly text: string; readonly bytes: number } | undefined;
}

/** What keeps values from being put in place. */
export interface LeavesProblem {
  readonly message: string;
  readonly isTooLarge: boolean;
}

export interface Leaves {
  /** A JSON text with what was sent in place of its references, and stand-ins for the others. Throws {@link LeavesProblem}. */
  parse(json: string): unknown;
  /** True where the values hold stand-ins. */
  readonly any: boolean;
  /** Notes and throws where a value is one, or holds one. */
  touch(value: unknown): void;
  touchItself(value: unknown): void;
  touchAll(): void;
  /** The reference that a stand-in came from; `undefined` for any other value. */
  referenceOf(value: unknown): object | undefined;
  /** True for one of JSON, which may be anything. */
  isJson(value: unknown): boolean;
  /** Whether anything was touched. */
  readonly lacks: boolean;
  /** Digests of what was touched. Throws {@link LeavesProblem} where it would be too much. */
  needs(): readonly string[];
}

/**
 * A stand-in passes wherever a value is only handed on. Whatever looks into one without an operator or a function, such as a
 * path, meets a trap, and so does `Array.isArray`, which no proxy can trap and which is therefore replaced.
 */
export function createLeaves({ ahead, maxBytes, content }: LeavesOptions): Leaves {
  type Reference = {
    readonly sha256: string;
    readonly bytes: number;
    readonly mediaType: string;
    readonly encoding: string;
  };
  type Leaf = { readonly reference: { readonly $artifact: Reference }; readonly place: string; readonly at: number };
  const leaves = new WeakMap<object, Leaf>();
  const byPlace = new Map<string, Reference[]>();
  const loaded = new Map<string, number>();
  const needed = new Set<string>();
  const isArray = Array.isArray;
  // What JSONata asks of every value, to tell its own from ours: nothing of the kind.
  const asked = new Set<PropertyKey>(
    'then next sequence keepSingleton tupleStream outerWrapper cons toJSON _jsonata_lambda _jsonata_function'.split(
      ' ',
    ),
  );
  asked.add(Symbol.iterator);

  const leafOf = (value: unknown) => (typeof value === 'object' && value !== null ? leaves.get(value) : undefined);
  const problem = (message: string, isTooLarge = false): LeavesProblem => ({ message, isTooLarge });
  const need = ({ place, at }: Leaf): never => {
    for (const { sha256 } of byPlace.get(place)?.slice(at, at + ahead) ?? []) needed.add(sha256);
    throw new Error('reads a value that is not there yet');
  };

  const standIn = (reference: Leaf['reference'], place: string) => {
    const same = byPlace.get(place) ?? [];
    byPlace.set(place, same);
    const leaf = { reference, place, at: same.length };
    same.push(reference.$artifact);
    const isJson = reference.$artifact.encoding === 'json';
    const proxy = new Proxy(
      {},
      {
        get: (_, key) => (asked.has(key) ? undefined : need(leaf)),
        has: (_, key) => (asked.has(key) ? false : need(leaf)),
        // A text has no fields.
        getOwnPropertyDescriptor: () => (isJson ? need(leaf) : undefined),
        ownKeys: () => need(leaf),
        set: () => need(leaf),
        defineProperty: () => need(leaf),
        deleteProperty: () => need(leaf),
      },
    );
    leaves.set(proxy, leaf);
    return proxy;
  };

  // What is put in place was not seen by anyone before.
  const referenceIn = (value: object): Leaf['reference'] => {
    const { sha256, bytes, mediaType, encoding } = ((value as Partial<Leaf['reference']>).$artifact ?? {}) as Reference;
    const isOne =
      Object.keys(value).length === 1 &&
      /^[0-9a-f]{64}$/.test(sha256) &&
      typeof bytes === 'number' &&
      typeof mediaType === 'string' &&
      ['json', 'text', 'base64', 'data-url'].includes(encoding);
    if (!isOne) throw problem('an object with the key "$artifact" is not a reference to an artifact');
    return value as Leaf['reference'];
  };

  const count = (place: string, bytes: number) => {
    const whole = /^\.steps\.[^.[]+|^\.[^.[]+|^/.exec(place)?.[0] ?? '';
    const total = (loaded.get(whole) ?? 0) + bytes;
    loaded.set(whole, total);
    if (total > maxBytes)
      throw problem(`a value with its stored parts has over ${maxBytes} bytes; pass on less of it`, true);
  };

  const inPlace = (reference: Leaf['reference'], place: string, depth: number): unknown => {
    const { sha256, bytes, mediaType, encoding } = reference.$artifact;
    const read = <T>(body: () => T): T => {
      try {
        return body();
      } catch {
        throw problem(`a reference says that artifact ${sha256} is ${encoding}, but it is not`);
      }
    };
    const found = read(() => content(sha256, encoding));
    if (found === undefined) return standIn(reference, place);
    if (found.bytes !== bytes) {
      throw problem(`a reference to artifact ${sha256} says ${bytes} bytes, but it has ${found.bytes}`);
    }
    count(place, bytes);
    if (encoding === 'data-url') return `data:${mediaType};base64,${found.text}`;
    if (encoding !== 'json') return found.text;
    const parsed: unknown = read(() => JSON.parse(found.text));
    return replace(parsed, place, depth);
  };

  const replace = (value: unknown, place: string, depth: number): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if (depth > 1_000) throw problem('a value is nested deeper than 1000 levels', true);
    if (isArray(value)) {
      for (let at = 0; at < value.length; at++) value[at] = replace(value[at], `${place}[]`, depth + 1);
      return value;
    }
    if (Object.hasOwn(value, '$artifact')) return inPlace(referenceIn(value), place, depth);
    for (const [key, item] of Object.entries(value)) {
      const replaced = replace(item, `${place}.${key}`, depth + 1);
      if (replaced !== item) Object.defineProperty(value, key, { value: replaced, enumerable: true });
    }
    return value;
  };

  const touch = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const leaf = leaves.get(value);
    if (leaf !== undefined) need(leaf);
    const inside = value as { readonly _jsonata_lambda?: unknown; readonly _jsonata_function?: unknown };
    // A function holds the variables around it, which it may never read.
    if (inside._jsonata_lambda === true || inside._jsonata_function === true) return;
    for (const item of isArray(value) ? value : Object.values(value)) touch(item);
  };

  Array.isArray = (value): value is unknown[] => {
    const leaf = leafOf(value);
    if (leaf?.reference.$artifact.encoding === 'json') need(leaf);
    return isArray(value);
  };

  return {
    // It comes from `JSON.stringify`, which has no other way to write the key.
    parse: (json) => (json.includes('"$artifact":') ? replace(JSON.parse(json), '', 0) : JSON.parse(json)),
    get any() {
      return byPlace.size > 0;
    },
    touch,
    touchItself(value) {
      const leaf = leafOf(value);
      if (leaf !== undefined) need(leaf);
    },
    touchAll() {
      for (const references of byPlace.values()) for (const { sha256 } of references) needed.add(sha256);
      if (needed.size > 0) throw new Error('reads values that are not there yet');
    },
    referenceOf: (value) => leafOf(value)?.reference,
    isJson: (value) => leafOf(value)?.reference.$artifact.encoding === 'json',
    get lacks() {
      return needed.size > 0;
    },
    needs() {
      for (const [place, references] of byPlace) {
        for (const { sha256, bytes } of references) if (needed.has(sha256)) count(place, bytes);
      }
      return [...needed];
    },
  };
}
