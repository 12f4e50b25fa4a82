import { CancellationScope } from '@temporalio/workflow';

/**
 * The scope that a run's whole code runs in: what a run keeps is kept by it, since a module's own state is shared by runs
 * where a worker preloads it.
 */
export function rootScope(): CancellationScope {
  let scope = CancellationScope.current();
  while (scope.parent !== undefined) scope = scope.parent;
  return scope;
}
