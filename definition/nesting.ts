/** Where a definition stands among those that it is part of. */
import type { CompiledDefinition } from './compile-definition.js';
import { NO_LIBRARY, type PipelineLibrary } from './pipeline-library.js';
import type { Problem } from './problems.js';

/** Each is a run of its own, which starts after the one around it and ends before it. */
export const MAX_NESTING = 8;

/** What a step's pipeline came to. */
export type CompiledNested =
  | { readonly kind: 'compiled'; readonly compiled: CompiledDefinition }
  /** Paths begin in its definition; of one that was found by its name, what is wrong with it is one text with its place. */
  | { readonly kind: 'wrong'; readonly problems: readonly Problem[] };

export interface Nesting {
  readonly library: PipelineLibrary;
  /** The pipelines around this one: 0 for that of the run. */
  readonly depth: number;
  /** Those of them that were found by their names, the outermost first. */
  readonly within: readonly string[];
  /** What names came to before: many steps may give the same. */
  readonly known: Map<string, CompiledNested>;
}

/** That of the outermost definition. */
export function nestingIn(library: PipelineLibrary = NO_LIBRARY, within: readonly string[] = []): Nesting {
  return { library, depth: 0, within, known: new Map() };
}
