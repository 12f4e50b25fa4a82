import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DefinitionFile } from '../../../definition/check-source.js';
import { checkDefinition, readDefinition } from '../../../definition/index.js';
import { config } from './config.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'jobrelay-definition-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function written(name: string, text: string): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, text);
  return file;
}

async function textsOf(file: DefinitionFile): Promise<readonly string[]> {
  return (await checkDefinition(file, config)).map(({ text }) => text);
}

const SOUND = 'version: 1\nsteps:\n  a: { set: "{% $input.x %}" }\n';

describe('a definition in a file', () => {
  it('is read from YAML and from JSON', async () => {
    const fromYaml = await readDefinition(await written('sound.yaml', SOUND));
    const fromJson = await readDefinition(await written('sound.json', JSON.stringify(fromYaml.definition)));
    expect(fromJson.definition).toEqual({ version: 1, steps: { a: { set: '{% $input.x %}' } } });
    expect(await checkDefinition(fromYaml, config)).toEqual([]);
  });

  it('has each problem named with its line and column, in the order of the file', async () => {
    const file = await written(
      'wrong.yaml',
      [
        'version: 1',
        'steps:',
        '  sheet:',
        '    endpoint: [draw, nowhere]',
        '    input: { images: "{% $steps.best.output %}" }',
        '  best:',
        '    set:',
        '      - "{% $steps.drafts.output %}"',
        'output:',
        '  a: "{% $item %}"',
      ].join('\n'),
    );
    expect(await textsOf(await readDefinition(file))).toEqual([
      `${file}:4:22: steps.sheet.endpoint[1]: endpoint "nowhere" is not in jobrelay.yaml (known: draw, sheet, nightly; or write provider/endpointId with a provider of: local)`,
      `${file}:8:9: steps.best.set[0]: unknown step "drafts" (known: sheet, best)`,
      `${file}:10:3: output.a: $item exists only in the body of a step with forEach`,
    ]);
  });

  it('has an unknown field named at its key', async () => {
    const file = await written('field.yaml', `${SOUND}outputs: 1\n`);
    expect(await textsOf(await readDefinition(file))).toEqual([
      `${file}:4:1: outputs: unknown field (did you mean output?)`,
    ]);
  });

  it('is refused with a reason where it is not there, a folder, or no map', async () => {
    const missing = path.join(folder, 'missing.yaml');
    await expect(readDefinition(missing)).rejects.toThrow(`the definition ${missing} is not there: check the path`);
    await expect(readDefinition(folder)).rejects.toThrow(`the definition ${folder} is a folder: name a file in it`);
    const list = await written('list.yaml', '- 1\n');
    await expect(readDefinition(list)).rejects.toThrow(
      `${list}:1:1: a definition is a map with "version" and "steps", not a list`,
    );
    const empty = await written('empty.yaml', '');
    await expect(readDefinition(empty)).rejects.toThrow('not null');
    const tabs = await written('tabs.yaml', 'version: 1\nsteps:\n\ta: 1\n');
    await expect(readDefinition(tabs)).rejects.toThrow(`${tabs}:3:1: a tab in the indentation`);
  });
});
