// Makes a fresh clone runnable: installs the dependencies where they are missing or older than the lock file, then builds.
// Plain Node, no imports from node_modules: it runs before there are any.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 11)) {
  console.error(`jobrelay needs Node 20.11 or newer; this is ${process.version}.`);
  process.exit(1);
}

function run(command, args) {
  // npm is a .cmd file on Windows, which only a shell starts.
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (error) console.error(error.message);
  if (status !== 0) process.exit(status ?? 1);
}

// npm rewrites this file at the end of each install, so its age is the age of node_modules.
const installed = new URL('../node_modules/.package-lock.json', import.meta.url);
const wanted = new URL('../package-lock.json', import.meta.url);
if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(wanted).mtimeMs) {
  console.error('Installing dependencies (once) ...');
  // The compiler is a development dependency, which NODE_ENV=production would leave out.
  run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']);
}

run(process.execPath, ['scripts/build.mjs']);
