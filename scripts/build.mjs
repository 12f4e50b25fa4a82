// Compiles to dist/ and bundles the workflows beside it, so that a worker starts without a bundler and every worker of a
// release runs the same workflow code. Made aside and put in place whole: nothing of removed sources stays, and what
// starts meanwhile finds the old build or the new one.
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflows } from './bundle-workflows.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url));
const fresh = fileURLToPath(new URL(`../dist.${process.pid}`, import.meta.url));
const old = `${fresh}.old`;
const dist = fileURLToPath(new URL('../dist', import.meta.url));
process.on('exit', () => {
  for (const folder of [fresh, old]) rmSync(folder, { recursive: true, force: true });
});

const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', fresh], {
  cwd: root,
  stdio: ['ignore', 2, 2],
});
if (status !== 0) process.exit(status ?? 1);

const code = await bundleWorkflows(`${fresh}/workflows/bundle-entry.js`);
writeFileSync(`${fresh}/workflows/bundle.cjs`, withoutMachinePaths(code));
// The compiler passes over what is CommonJS already.
copyFileSync(`${root}encryption/encoded-failures.cjs`, `${fresh}/encryption/encoded-failures.cjs`);
// npm makes a command executable when it links the package, and not again after each build.
chmodSync(`${fresh}/cli/main.js`, 0o755);

if (existsSync(dist)) renameSync(dist, old);
renameSync(fresh, dist);

/**
 * The worker refuses a bundle without its inline source map, and what the map calls its sources gets into the stack
 * traces of histories: so they are called by their place in the package, the same on every machine and in every build.
 */
function withoutMachinePaths(bundle) {
  const marker = '//# sourceMappingURL=data:application/json;charset=utf-8;base64,';
  const at = bundle.lastIndexOf(marker);
  if (at < 0) throw new Error('the bundle of the workflows has no inline source map');
  const inPlace = (text) => text.replaceAll(`${basename(fresh)}/`, 'dist/');
  const map = inPlace(Buffer.from(bundle.slice(at + marker.length), 'base64').toString());
  const portable = map.replaceAll(JSON.stringify(root).slice(1, -1), 'jobrelay/');
  return `${inPlace(bundle.slice(0, at))}${marker}${Buffer.from(portable).toString('base64')}`;
}
