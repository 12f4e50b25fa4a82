/** Optional is what may be undefined. */
type Present<T> = { readonly [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  readonly [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The fields that have a value. */
export function present<T extends object>(fields: T): Present<T> {
  // Every request and answer passes here: a copy by entries, or by spreading, would cost more than reading its JSON.
  const present: Partial<T> = {};
  for (const name in fields) if (fields[name] !== undefined) present[name] = fields[name];
  return present as T & Present<T>;
}
