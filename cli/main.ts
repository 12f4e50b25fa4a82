#!/usr/bin/env node
import { EXIT_CODES } from './exit-codes.js';
import { runCli } from './program.js';

// A reader that has seen enough (`| head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`error: the standard output can't be written (${error.code})\n`);
  process.exit(EXIT_CODES.failed.code);
});
// What is said meanwhile is no reason to leave a run, or to end a server, where nobody hears it any more.
process.stderr.on('error', () => {});

const exitCode = await runCli(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  signals: process,
  now: () => performance.now(),
  exit: (code) => process.exit(code),
});
process.exitCode = exitCode;

// gRPC keeps a TLS handshake that is never answered, and the process with it, though the connection was closed.
if (exitCode === EXIT_CODES.temporal.code) {
  process.stdout.write('', () => process.stderr.write('', () => process.exit(exitCode)));
}
