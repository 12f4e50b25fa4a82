import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { jobrelay } from '../cli/run-in-process.js';
import { dockerfile, PINNED, ROOT, text } from './files.js';

const instructions = await dockerfile();
const values = (name: string) => instructions.filter((each) => each.name === name).map(({ value }) => value);
/** The paths that .dockerignore lets in. */
const letIn = [...(await text('.dockerignore')).matchAll(/^!(.+)$/gm)].map(([, path = '']) => path);

/** The arguments of an instruction in exec form; it throws for a line that a shell would have to read. */
function argumentsOf(name: string): readonly string[] {
  return JSON.parse(values(name)[0]?.replace(/^.*?(?=\[)/, '') ?? '');
}

async function expectOptions([command = '', ...rest]: readonly string[]): Promise<void> {
  const { stdout } = await jobrelay([command, '--help']);
  for (const option of rest.filter((part) => part.startsWith('--'))) expect(stdout).toContain(`${option} `);
}

describe('the Dockerfile', () => {
  it('begins with one pinned image of Debian in both stages', () => {
    const [build = '', runtime = ''] = values('FROM');
    expect(build).toBe(`${runtime} AS build`);
    expect(runtime).toMatch(PINNED);
    expect(runtime).toMatch(/-(bookworm|trixie)-slim$/);
  });

  it('copies files that exist and that .dockerignore lets in', () => {
    const sources = values('COPY')
      .filter((copied) => !copied.startsWith('--from'))
      .flatMap((copied) => copied.split(' ').slice(0, -1))
      .filter((path) => path !== '.');
    expect(sources).toContain('package-lock.json');
    for (const source of sources) expect(letIn).toContain(source);
    for (const path of letIn) expect(existsSync(join(ROOT, path)), path).toBe(true);
  });

  it('gets every folder that the package is built from, and no other', async () => {
    const { include } = JSON.parse(await text('tsconfig.json')) as { include: string[] };
    const packaged = include.filter((folder) => !['bench', 'chaos', 'examples', 'schemas', 'test'].includes(folder));
    const folders = letIn.filter((path) => !path.includes('.'));
    expect(folders.toSorted()).toEqual(packaged.toSorted());
    expect((await text('.dockerignore')).split('\n')).toContain('*');
  });

  it('runs as a user who is not root and owns nothing of the program', () => {
    expect(values('USER')).toEqual(['node']);
    const after = instructions.slice(instructions.findIndex(({ name }) => name === 'USER'));
    expect(after.filter(({ name }) => name === 'RUN' || name === 'COPY')).toEqual([]);
    expect(values('COPY').filter((copied) => copied.includes('--chown'))).toEqual([]);
  });

  it('starts jobrelay without a shell, which would keep SIGTERM from it', () => {
    expect(argumentsOf('ENTRYPOINT')).toEqual(['jobrelay']);
    expect(values('STOPSIGNAL')).toEqual(['SIGTERM']);
  });

  it('runs commands and options that there are', async () => {
    await expectOptions(argumentsOf('CMD'));
    const [program, ...check] = argumentsOf('HEALTHCHECK');
    expect(program).toBe('jobrelay');
    await expectOptions(check);
  });
});
