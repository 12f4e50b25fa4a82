/** Every run compiles its definition, and most are of a few definitions. */
const MAX_REMEMBERED = 1_000;
/** Longer ones would fill the memory, and are rare. */
const MAX_CHARACTERS = 4_096;

/** The function, which looks at each short text once, more or less. What it returns is shared: it must not be changed. */
export function remembering<T>(make: (source: string) => T): (source: string) => T {
  const made = new Map<string, { readonly value: T }>();
  return (source) => {
    const known = made.get(source);
    if (known !== undefined) return known.value;
    const value = make(source);
    if (made.size >= MAX_REMEMBERED) made.clear();
    if (source.length <= MAX_CHARACTERS) made.set(source, { value });
    return value;
  };
}
