import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { packageRoot } from '../../../examples/contact-sheet/package-root.js';

let folder: string;
let child: ChildProcess | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jobrelay-demo-'));
});
afterEach(async () => {
  child?.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

/** The demo as npm starts it from `folder`. */
function startDemo(...options: string[]) {
  const script = join(packageRoot(), 'dist/examples/contact-sheet/demo.js');
  const env = { ...process.env, INIT_CWD: folder, TEMPORAL_CLI_PATH: inject('temporalCli') };
  const demo = spawn(process.execPath, [script, ...options], {
    cwd: packageRoot(),
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child = demo;
  let errors = '';
  demo.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk;
  });
  const output = text(demo.stdout);
  return {
    demo,
    output,
    /** Resolves once the standard error holds a text. */
    async says(expected: string): Promise<string> {
      while (!errors.includes(expected)) {
        if (demo.stderr.closed) throw new Error(`the demo ended without saying "${expected}":\n${errors}`);
        await Promise.race([once(demo.stderr, 'data'), once(demo.stderr, 'close')]);
      }
      return errors;
    },
    async ends(): Promise<{ code: number; errors: string }> {
      // Not `exit`: the pipes stay open for as long as any process of the demo is left.
      const [code] = await once(demo, 'close');
      return { code, errors };
    },
  };
}

test('makes a contact sheet, shows the retry, leaves no process behind and ends well', async () => {
  const { output, ends } = startDemo('--out', 'sheet', '--best', '2');

  const { code, errors } = await ends();

  expect({ code, errors }).toMatchObject({ code: 0, errors: expect.stringContaining('scored: completed, 12 of 12') });
  expect(await sharp(join(folder, 'sheet/contact-sheet.png')).metadata()).toMatchObject({ format: 'png', width: 1080 });
  expect(await output).toContain('1 repeated after a failure in scored');
  expect(await output).toMatch(/Temporal's UI: {2}http:\/\/127\.0\.0\.1:\d+\/namespaces\/default\/workflows\/pipeline/);
  const [ui = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(await output) ?? [];
  await expect(fetch(ui)).rejects.toThrow('fetch failed');
});

test('cancels the run at Ctrl-C, and ends with 130', async () => {
  const { demo, ends, says } = startDemo();
  await says('normalised: running');

  demo.kill('SIGINT');

  expect(await ends()).toMatchObject({ code: 130, errors: expect.stringMatching(/remote jobs: .*stopped/) });
});

test('says what is wrong with the pictures before anything starts', async () => {
  const { ends } = startDemo('--images', 'nowhere');
  expect(await ends()).toEqual({ code: 1, errors: `error: there is no folder ${join(folder, 'nowhere')}\n` });
});
