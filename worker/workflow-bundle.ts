import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import type { WorkflowBundleOption } from '@temporalio/worker';
import { encodesFailures } from '../encryption/index.js';

/** Workflows are bundled when the package is built, so that a worker starts without a bundler. */
export const WORKFLOW_BUNDLE = fileURLToPath(new URL('./workflows/bundle.cjs', distUrl()));

/**
 * The bundle for workers with this converter: where that encodes failures, so do the workflows. The bundle is made before
 * anybody knows of keys, so it is told as it is loaded (`workflows/encoded-failures.ts`).
 */
export async function workflowBundleFor(
  dataConverter: DataConverter,
  codePath: string = WORKFLOW_BUNDLE,
): Promise<WorkflowBundleOption> {
  if (!encodesFailures(dataConverter)) return { codePath };
  return { code: `globalThis.jobRelayEncodesFailures = true;${await readFile(codePath, 'utf8')}` };
}

/** The compiled tree, seen from a source file or from a compiled one. */
function distUrl(): URL {
  const root = new URL('..', import.meta.url);
  return root.pathname.endsWith('/dist/') ? root : new URL('dist/', root);
}
