import { fileURLToPath } from 'node:url';

/** Workflows are bundled when the package is built, so that a worker starts without a bundler. */
export const WORKFLOW_BUNDLE = fileURLToPath(new URL('./workflows/bundle.cjs', distUrl()));

/** The compiled tree, seen from a source file or from a compiled one. */
function distUrl(): URL {
  const root = new URL('..', import.meta.url);
  return root.pathname.endsWith('/dist/') ? root : new URL('dist/', root);
}
