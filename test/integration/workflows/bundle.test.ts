import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { WORKFLOW_BUNDLE } from '../../../worker/index.js';
import * as registered from '../../../workflows/bundle-entry.js';
import { WORKFLOW_TYPES } from '../../../workflows/contract.js';

const KIB = 1024;

/**
 * Every run in a worker's memory is a copy of what the bundle makes when it loads: a schema library in it costs twenty
 * times the memory of a run, and a fault of an expression engine stalls all runs of the worker.
 */
describe('the bundle of the workflows', async () => {
  const bundle = await readFile(WORKFLOW_BUNDLE, 'utf8');
  const code = bundle.slice(0, bundle.lastIndexOf('//# sourceMappingURL='));
  const modules = [...code.matchAll(/^\/\*{3}\/ "([^"]+)"\s+\/\*!\*+!\*\\\s+!\*{3} (.+) \*{3}!/gm)].map(
    ([, id = '', title = '']) => ({ id, title }),
  );

  it('is under 650 KiB', () => {
    const [codeKiB = 0, mapKiB = 0] = [code.length, bundle.length - code.length].map((size) => Math.round(size / KIB));
    // The worker refuses a bundle without its map, and takes it out before the code is loaded.
    expect(codeKiB, `code of ${codeKiB} KiB, and a source map of ${mapKiB} KiB`).toBeLessThan(650);
  });

  it('holds no package but the sandbox side of Temporal and what that stands on: no zod, undici, jsonata, ajv', () => {
    const packages = modules.flatMap(({ id }) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id)?.[1] ?? []);
    expect([...new Set(packages)].sort()).toEqual([
      '@temporalio/common',
      '@temporalio/workflow',
      'long',
      'ms',
      'nexus-rpc',
    ]);
  });

  it('holds of ours the workflows alone: no activities, no HTTP', () => {
    const own = modules.map(({ id }) => id).filter((id) => id.startsWith('./dist/'));
    expect(own).toContain('./dist/workflows/job.js');
    expect(own.filter((id) => !id.startsWith('./dist/workflows/'))).toEqual([]);
  });

  it('asks for no module of Node', () => {
    // What the bundler leaves out has an id of its own making; the SDK allows for a converter of payloads, which we do not set.
    const rest = modules.filter(({ id }) => !id.startsWith('./')).map(({ title }) => title);
    expect(rest).toEqual(['__temporal_custom_payload_converter (ignored)']);
  });

  it('registers the workflow types that callers know, and no others', () => {
    expect(Object.keys(registered).sort()).toEqual(Object.values(WORKFLOW_TYPES).sort());
  });
});
