import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type {} from 'vitest';
import type { TestProject } from 'vitest/node';
import { startDevServer } from '../../embedded/dev-server.js';
import { findTemporalCli } from '../../embedded/temporal-cli.js';
import { bundleWorkflows } from '../../scripts/bundle-workflows.mjs';

const WORKFLOWS = fileURLToPath(new URL('../../workflows/bundle-entry.ts', import.meta.url));

declare module 'vitest' {
  export interface ProvidedContext {
    /** The Temporal server all integration tests share. Keep to ids of your own. */
    readonly temporal: { readonly address: string; readonly namespace: string };
    /** Path of the Temporal CLI, for tests that need a server of their own. */
    readonly temporalCli: string;
    /** Path of the workflows' bundle, made from the sources as they are: for `workflowBundle: { codePath }`. */
    readonly workflowBundle: string;
  }
}

/** One server and one bundle for the whole run: a server takes half a second to start, a bundle one. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const dir = await mkdtemp(join(tmpdir(), 'jobrelay-test-'));
  const bundle = join(dir, 'workflows.cjs');
  const cli = await findTemporalCli({ env: process.env, log: console.error });
  const [server] = await Promise.all([
    startDevServer({ cliPath: cli.path }),
    bundleWorkflows(WORKFLOWS).then((code) => writeFile(bundle, code)),
  ]);
  provide('temporal', { address: server.address, namespace: 'default' });
  provide('temporalCli', cli.path);
  provide('workflowBundle', bundle);
  return async () => {
    await server.stop();
    await rm(dir, { recursive: true, force: true });
  };
}
