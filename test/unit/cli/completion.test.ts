import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCommandTree } from '../../../cli/completion/command-tree.js';
import { fishCompletion } from '../../../cli/completion/fish.js';
import { zshCompletion } from '../../../cli/completion/zsh.js';
import { jobrelay } from './run-in-process.js';

describe('the tree of commands', () => {
  const program = new Command('tool').option('-v, --verbose', 'says more').configureHelp({ showGlobalOptions: true });
  const paint = program.command('paint').description("paints what it's told");
  paint.command('wall').addOption(new Option('--colour <name>', 'of it').choices(['red', 'blue']));

  it('holds every command with its own options and those of the program', () => {
    const help = { names: ['-h', '--help'], description: 'display help for command', takesValue: false, choices: [] };
    const verbose = { names: ['-v', '--verbose'], description: 'says more', takesValue: false, choices: [] };
    expect(readCommandTree(program)).toEqual([
      {
        path: [],
        subcommands: [{ name: 'paint', description: "paints what it's told" }],
        options: [verbose, help],
        choices: [],
      },
      { path: ['paint'], subcommands: [{ name: 'wall', description: '' }], options: [help, verbose], choices: [] },
      {
        path: ['paint', 'wall'],
        subcommands: [],
        options: [
          { names: ['--colour'], description: 'of it', takesValue: true, choices: ['red', 'blue'] },
          help,
          verbose,
        ],
        choices: [],
      },
    ]);
  });

  it('becomes a script of zsh, with every text quoted', () => {
    const script = zshCompletion('tool', readCommandTree(program));
    expect(script).toContain(`items=('paint:paints what it'\\''s told'); _describe command items`);
    expect(script).toContain(`'paint wall --colour') compadd -- 'red' 'blue'; return ;;`);
  });

  it('becomes a script of fish, with every text quoted', () => {
    const script = fishCompletion('tool', readCommandTree(program));
    expect(script).toContain(`complete -c tool -n '__tool_at \\'\\'' -f -a paint -d 'paints what it\\'s told'`);
    expect(script).toContain(`complete -c tool -n '__tool_at \\'paint wall\\'' -l colour -x -a 'red blue' -d 'of it'`);
  });
});

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'jobrelay-completion-'));
});
afterAll(() => rm(cwd, { recursive: true }));

describe('in bash', () => {
  let script: string;
  beforeAll(async () => {
    script = join(cwd, 'completion.bash');
    await writeFile(script, (await jobrelay(['completion', 'bash'])).stdout);
  });

  /** What the Tab key offers at the end of these words, as bash itself has cut them. */
  function complete(...words: readonly string[]): readonly string[] {
    const tab = 'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _jobrelay';
    const call = `source "$0"; ${tab}; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const offered = execFileSync('bash', ['-uc', call, script, 'jobrelay', ...words], { encoding: 'utf8' });
    return offered.split('\n').filter((word) => word !== '');
  }

  it.each<[string, readonly string[], readonly string[]]>([
    ['a command', ['sch'], ['schedule']],
    ['a command of a command', ['schedule', 're'], ['resume']],
    ['an option', ['job', 'local/echo', '--timeout-r'], ['--timeout-run']],
    ['an option that every command has', ['schedule', 'list', '--names'], ['--namespace']],
    ['a value of an option', ['job', '--on-ambiguous-submit', ''], ['resubmit', 'fail']],
    ['a value behind an equals sign', ['job', '--on-ambiguous-submit', '=', 'f'], ['fail']],
    ['a value that has not begun', ['job', '--on-ambiguous-submit', '='], ['resubmit', 'fail']],
    ['an argument', ['completion', ''], ['bash', 'zsh', 'fish']],
    ['a command behind options and their values', ['--json', '--config', 'list', 'canc'], ['cancel']],
    ['an option behind a value like a command', ['schedule', '--state', '=', 'list', 'appl'], ['apply']],
  ])('offers %s', (_what, words, offered) => {
    expect(complete(...words)).toEqual(offered);
  });

  it.each<[string, readonly string[]]>([
    ['an argument', ['run', '']],
    ['a value', ['job', '--out', '']],
    ['an argument named like a command', ['result', 'list', '']],
  ])('leaves %s to the names of files', (_what, words) => {
    expect(complete(...words)).toEqual([]);
  });

  it('offers every command', async () => {
    const { stdout } = await jobrelay(['--help']);
    for (const command of complete('')) expect(stdout).toMatch(new RegExp(`^ +${command} `, 'm'));
    expect(complete('')).toContain('completion');
  });
});

describe.each(['zsh', 'fish'])('for %s', (shell) => {
  const installed = spawnSync(shell, ['--version']).error === undefined;
  if (!installed) console.warn(`whether ${shell} can read its completion is not tested: it is not installed`);

  it('is one document with --json', async () => {
    const { stdout } = await jobrelay(['completion', shell, '--json']);
    const document = JSON.parse(stdout) as { shell: string; script: string };
    expect(document.shell).toBe(shell);
    expect(document.script).toContain(`${shell} completion of jobrelay`);
  });

  it('is a script that the shell itself can read', async ({ skip }) => {
    skip(!installed, `${shell} is not installed`);
    const script = join(cwd, `completion.${shell}`);
    await writeFile(script, (await jobrelay(['completion', shell])).stdout);
    expect(spawnSync(shell, ['-n', script], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  });
});

it('refuses another shell, and names those that it knows', async () => {
  const { exitCode, stderr } = await jobrelay(['completion', 'tcsh']);
  expect(stderr).toContain(
    "argument value 'tcsh' is invalid for argument 'shell'. Allowed choices are bash, zsh, fish.",
  );
  expect(exitCode).toBe(2);
});
