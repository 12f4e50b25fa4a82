import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InputError } from '../../../../cli/errors.js';
import { readScheduleFile } from '../../../../cli/schedules/file.js';
import { type Config, loadConfig } from '../../../../config/index.js';

const DEFINITION = `version: 1
input: { type: object, required: [title] }
steps:
  draw:
    endpoint: local/echo
    input: { title: "{% $input.title %}", due: "{% $run.scheduledAt %}" }
`;

let folder: string;
let config: Config;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jobrelay-schedules-'));
  await mkdir(join(folder, 'pipelines'));
  await writeFile(join(folder, 'pipelines', 'captions.yaml'), DEFINITION);
  await writeFile(join(folder, 'pipelines', 'broken.yaml'), DEFINITION.replace('local/echo', 'sdxl'));
  await writeFile(join(folder, 'jobrelay.yaml'), 'version: 1\npipelines: ./pipelines\n');
  config = await loadConfig({ env: {}, cwd: folder });
  await writeFile(join(folder, 'draw.yaml'), DEFINITION);
  await writeFile(join(folder, 'bad.yaml'), DEFINITION.replace('local/echo', 'sdxl'));
  await writeFile(join(folder, 'tabs.yaml'), 'version: 1\nsteps:\n\tdraw: {}\n');
});
afterAll(() => rm(folder, { recursive: true }));

let files = 0;
async function read(text: string, checkedBy: Config | null = config) {
  const file = join(folder, `schedules-${++files}.yaml`);
  await writeFile(file, text);
  return readScheduleFile(file, checkedBy ?? undefined);
}

/** Its problems, without the path of the file. */
async function problemsOf(text: string): Promise<string[]> {
  const error: unknown = await read(text).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(InputError);
  return (error as Error).message
    .split('\n')
    .map((line) => line.replaceAll(`${folder}/`, '').replace(/^schedules-\d+\.yaml:/, ''));
}

describe('a file of schedules', () => {
  it('holds jobs, definitions and paths of definitions', async () => {
    const { group, schedules } = await read(`version: 1
group: boats
schedules:
  warm:
    every: 10m
    job: { endpoint: local/echo, input: { n: 1 } }
  nightly:
    cron: 30 3 * * *
    timezone: Europe/Berlin
    pipeline: draw.yaml
    input: { title: a red boat }
  clock:
    cron: ["@daily", "0 12 * * SUN"]
    pipeline: { version: 1, steps: { at: { set: "{% $run.scheduledAt %}" } } }
`);
    expect(group).toBe('boats');
    expect(schedules).toMatchObject({
      warm: { every: '10m', job: { endpoint: 'local/echo', input: { n: 1 } } },
      nightly: {
        cron: ['30 3 * * *'],
        timezone: 'Europe/Berlin',
        pipeline: { definition: { steps: { draw: { endpoint: 'local/echo' } } }, input: { title: 'a red boat' } },
      },
      clock: { cron: ['@daily', '0 12 * * SUN'], pipeline: { definition: { version: 1 } } },
    });
  });

  it('keeps the name of a definition, so that each run looks it up', async () => {
    const { schedules } = await read(
      'version: 1\nschedules:\n  a: { every: 1d, pipeline: captions, input: { title: a red boat } }\n',
    );
    expect(schedules.a).toMatchObject({ pipeline: { pipeline: 'captions', input: { title: 'a red boat' } } });
  });

  it('with the name of a definition needs a folder, or a worker that is asked', async () => {
    const text = 'version: 1\nschedules:\n  a: { every: 1d, pipeline: captions }\n';
    const { pipelines: _, ...none } = config;
    await expect(read(text, none)).rejects.toThrow(
      'schedules.a.pipeline: there is no file captions, and for a pipeline by name, no folder of pipelines is configured',
    );
    expect((await read(text, null)).schedules).toHaveProperty('a');
  });

  it('has each of its mistakes named at its place, in order', async () => {
    const problems = await problemsOf(`version: 1
schedules:
  a:
    cron: "61 * * * *"
    timezone: Mars/Olympus
    job: { endpoint: local/echo, input: { n: 1 } }
  b:
    evry: 10m
    job: { endpoint: local/echo, input: { n: 1 } }
  c: { every: 10m }
`);
    expect(problems).toEqual([
      expect.stringMatching(/^4:5: schedules\.a\.cron\[0\]: "61" is no minute/),
      expect.stringMatching(/^5:5: schedules\.a\.timezone: is not a time zone/),
      '7:3: schedules.b: must say when runs are due: by cron, or by every',
      '8:5: schedules.b.evry: unknown field (did you mean every?)',
      '10:3: schedules.c: must hold what runs: either job or pipeline',
    ]);
  });

  it.each([
    [
      'job: { endpoint: sdxl, input: { n: 1 } }',
      /^5:12: schedules\.a\.job\.endpoint: .*"sdxl" is not in jobrelay\.yaml/,
    ],
    ['job: { endpoint: local/echo, input: {} }', /^5:34: schedules\.a\.job\.input: /],
    ['pipeline: draw.yaml', /^3:3: schedules\.a.*title/],
    ['pipeline: { version: 1, steps: { x: { endpoint: nope, input: { n: 1 } } } }', /^5:43: .*"nope"/],
    ['pipeline: bad.yaml', /^bad\.yaml:5:5: steps\.draw\.endpoint: .*"sdxl"/],
    ['pipeline: tabs.yaml', /^tabs\.yaml:3:1: a tab/],
    ['pipeline: gone.yaml', /^5:5: schedules\.a\.pipeline: the definition gone\.yaml is not there/],
    ['pipeline: captoins', /^5:5: schedules\.a\.pipeline: unknown pipeline "captoins" \(did you mean captions\?/],
    ['pipeline: captions', /^3:3: schedules\.a.*title/],
    ['pipeline: broken', /^pipelines\/broken\.yaml:5:5: steps\.draw\.endpoint: .*"sdxl"/],
    ['pipeline: 5', /^5:5: schedules\.a\.pipeline: must be the path or the name of a definition, or a definition/],
    ['{}', /^5:5: not valid YAML/],
  ])('with %s is refused', async (work, expected) => {
    expect((await problemsOf(`version: 1\nschedules:\n  a:\n    every: 10m\n    ${work}\n`))[0]).toMatch(expected);
  });

  it('is read without a check of what runs, where the workers are configured elsewhere', async () => {
    const text = 'version: 1\nschedules:\n  a: { every: 10m, job: { endpoint: sdxl, input: { n: 1 } } }\n';
    expect((await read(text, null)).schedules).toHaveProperty('a');
  });

  it('that is not there is said to be missing', async () => {
    await expect(readScheduleFile('gone.yaml', config)).rejects.toThrow(
      'the file of schedules gone.yaml is not there: check the path',
    );
  });
});
