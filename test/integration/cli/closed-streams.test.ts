import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { MAIN, startCli } from './cli-process.js';

it('goes on to its own end where nobody reads the standard error', async () => {
  const { child, exited } = startCli(['list', '--address', '127.0.0.1:1'], { cwd: tmpdir() });
  child.stderr?.destroy();
  expect(await exited).toBe(3);
});

it('says that the standard output cannot be written', async () => {
  const readOnly = await open(MAIN);
  try {
    const child = spawn(process.execPath, [MAIN, 'completion', 'bash'], { stdio: ['ignore', readOnly.fd, 'pipe'] });
    const [said, [exitCode]] = await Promise.all([child.stderr && text(child.stderr), once(child, 'close')]);
    expect(said).toBe("error: the standard output can't be written (EBADF)\n");
    expect(exitCode).toBe(1);
  } finally {
    await readOnly.close();
  }
});
