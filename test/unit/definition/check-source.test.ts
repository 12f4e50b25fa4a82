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

  it('has every reference to an artifact that is none refused at its place, before a job is paid for', async () => {
    const file = await written(
      'references.yaml',
      `version: 1
steps:
  a: { endpoint: draw, input: { a: { $artifact: cat.png } }, onError: { output: [{ $artifact: 1 }] } }
  b: { forEach: [1, { $artifact: 2 }], set: { x: { $artifact: 3 }, y: "{% $item %}" } }
  c: { pipeline: { version: 1, steps: { d: { set: { $artifact: 4 } } } }, input: { z: { $artifact: 5 } } }
output: { f: { $artifact: { sha256: abc } }, $$artifact: data }
`,
    );
    const texts = await textsOf(await readDefinition(file));
    expect(texts.map((text) => text.slice(file.length, text.indexOf(': an object with the key')))).toEqual([
      ':3:33: steps.a.input.a',
      ':3:82: steps.a.onError.output[0]',
      ':4:21: steps.b.forEach[1]',
      ':4:47: steps.b.set.x',
      ':5:46: steps.c.pipeline.steps.d.set',
      ':5:84: steps.c.input.z',
      ':6:11: output.f',
    ]);
    expect(texts[0]).toMatch(
      /"\$artifact" is not a reference to an artifact: its value is not an object; write .* where it is data/,
    );
  });

  it('has problems of shape and of meaning told at once, and none that comes of another', async () => {
    const file = await written(
      'both.yaml',
      `version: 2
defaults: { timeouts: { queue: 5x } }
steps:
  draw: { endpoint: 7, input: { title: "{% $input.titel. %}" }, forEach: "{% $input.titles %}" }
  best: { set: "{% [$steps.drwa.output] %}", needs: sheet }
  sheet: { endpoint: draw, input: { a: "{% $steps.draw.outptu %}" }, timeouts: { run: 5x } }
  print: { endpoint: draww, input: { a: "{% $steps.Last.output %}" }, when: 1 }
  typo: { forEeach: "{% $input.titles %}", endpoint: draw, input: { a: "{% $item %}" } }
  Last: { set: "{% $steps.print.output %}" }
output: "{% $steps.bset.output %}"
`,
    );
    expect((await textsOf(await readDefinition(file))).map((text) => text.slice(file.length))).toEqual([
      ':1:1: version: must be 1',
      ':2:25: defaults.timeouts.queue: "5x" is not a duration: write one like "90s", "5m" or "1h", or milliseconds as a number; at most 7 days',
      ':4:11: steps.draw.endpoint: must be the name of an endpoint, or a list of names',
      expect.stringMatching(/^:5:46: steps.best.needs: /),
      ':6:37: steps.sheet.input.a: $steps.draw has no field "outptu" (known: status, output, error, errors); its result is in $steps.draw.output',
      expect.stringMatching(/^:6:82: steps.sheet.timeouts.run: "5x" is not a duration/),
      expect.stringMatching(/^:7:12: steps.print.endpoint: endpoint "draww" is not in jobrelay.yaml/),
      ':7:71: steps.print.when: must be an expression {% … %}, true or false',
      expect.stringMatching(/^:8:11: steps.typo.forEeach: unknown field \(did you mean forEach\?/),
      ':9:3: steps.Last: the name of a step begins with a small letter and goes on with letters, digits and _',
      ':10:1: output: unknown step "bset" (did you mean best? known: draw, best, sheet, print, typo, Last)',
    ]);
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
