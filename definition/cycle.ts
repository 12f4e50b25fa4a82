/** A step that waits for itself, by way of others: the names from it back to it. Undefined where there is an order. */
export function findCycle(needs: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const ordered = new Set<string>();
  for (const start of needs.keys()) {
    const cycle = follow(start, [], needs, ordered);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

function follow(
  name: string,
  trail: readonly string[],
  needs: ReadonlyMap<string, readonly string[]>,
  ordered: Set<string>,
): readonly string[] | undefined {
  if (ordered.has(name)) return undefined;
  const seenAt = trail.indexOf(name);
  if (seenAt >= 0) return [...trail.slice(seenAt), name];
  for (const needed of needs.get(name) ?? []) {
    const cycle = follow(needed, [...trail, name], needs, ordered);
    if (cycle !== undefined) return cycle;
  }
  ordered.add(name);
  return undefined;
}
