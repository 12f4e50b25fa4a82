import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Config } from '../../../config/index.js';
import { parseDefinition } from '../../../definition/check-source.js';
import {
  checkDefinition,
  createExpressionEngine,
  inspectDefinition,
  takePipeline,
  toMermaid,
} from '../../../definition/index.js';
import { MAX_NESTING } from '../../../definition/nesting.js';
import { config as bare } from './config.js';

const SCENE = `version: 1
input:
  type: object
  required: [title]
  properties: { title: { type: string }, sizes: { type: array, items: { type: integer } } }
  additionalProperties: false
steps:
  draw: { forEach: "{% $input.sizes %}", endpoint: draw, input: { title: "{% $input.title %}" } }
output: "{% [$steps.draw.output] %}"
`;
const chain = (next: string) => `version: 1\nsteps: { next: { pipeline: ${next} } }\n`;
const FILES: Readonly<Record<string, string>> = {
  scene: SCENE,
  broken: SCENE.replace('endpoint: draw', 'endpoint: drwa'),
  itself: chain('itself'),
  ping: chain('pong'),
  pong: chain('ping'),
  ...Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`deep${at}`, chain(`deep${at + 1}`)])),
  deep9: 'version: 1\nsteps: { end: { set: 1 } }\n',
  // Each names the next ten times: nine hundred and more by the third.
  ...Object.fromEntries(
    [0, 1, 2, 3].map((at) => [
      `wide${at}`,
      `version: 1\nsteps:\n${Array.from({ length: 10 }, (_, step) => `  s${step}: ${at === 3 ? '{ set: 1 }' : `{ pipeline: wide${at + 1} }`}`).join('\n')}\n`,
    ]),
  ),
};

let config: Config;
// Its time limit is not what is tested, and a busy machine may take a while for a thousand items.
const engine = createExpressionEngine({ processes: 1, timeoutMs: 20_000 });
beforeAll(async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'jobrelay-nested-'));
  for (const [name, text] of Object.entries(FILES)) await writeFile(path.join(folder, `${name}.yaml`), text);
  config = { ...bare, pipelines: folder };
});
afterAll(async () => {
  await engine.close();
  await rm(config.pipelines ?? '', { recursive: true });
});

/** What is wrong with a definition whose only step this is; its place without the folder of the file. */
async function textsFor(step: string, rest = ''): Promise<readonly string[]> {
  const problems = await checkDefinition(
    parseDefinition(`version: 1\nsteps:\n  a: ${step}\n${rest}`, 'p.yaml'),
    config,
  );
  return problems.map(({ text }) => text.replaceAll(`${config.pipelines}${path.sep}`, ''));
}

describe('a step with a pipeline', () => {
  it.each([
    ['by its name', '{ pipeline: scene, input: { title: x } }'],
    ['with an input from an expression', '{ pipeline: scene, input: "{% $input %}" }'],
    ['in place, without an input', '{ pipeline: { version: 1, steps: { b: { set: 1 } } } }'],
    [
      'with all that a step may have',
      '{ forEach: [1], concurrency: 2, tolerate: 1, when: true, onError: continue, timeouts: { total: 1h }, pipeline: scene, input: { title: "{% $item %}" } }',
    ],
    [`${MAX_NESTING} deep`, '{ pipeline: deep2 }'],
  ])('can be %s', async (_, step) => {
    expect(await textsFor(step)).toEqual([]);
  });

  it.each([
    [
      'a name that nobody has',
      '{ pipeline: scenes }',
      'p.yaml:3:8: steps.a.pipeline: unknown pipeline "scenes" (did you mean scene?',
    ],
    ['a path', '{ pipeline: ./scene.yaml }', 'p.yaml:3:8: steps.a.pipeline: "./scene.yaml" is not a name'],
    [
      'an expression',
      '{ pipeline: "{% $input.which %}" }',
      'p.yaml:3:8: steps.a.pipeline: "{% $input.which %}" is not a name',
    ],
    [
      'a list',
      '{ pipeline: [scene] }',
      'p.yaml:3:8: steps.a.pipeline: must be the name of a pipeline, or a definition',
    ],
    [
      'a definition that is wrong, in its file',
      '{ pipeline: broken, input: { title: x } }',
      'p.yaml:3:8: steps.a.pipeline: the pipeline "broken" cannot run: broken.yaml:8:42: steps.draw.endpoint: ',
    ],
    [
      'a definition that is wrong, in place',
      '{ pipeline: { version: 1, steps: { b: { set: "{% $steps.c.output %}" } } } }',
      'p.yaml:3:46: steps.a.pipeline.steps.b.set: unknown step "c"',
    ],
    [
      'the steps around it',
      '{ pipeline: { version: 1, steps: { b: { set: "{% $steps.a.output %}" } } } }',
      'steps.a.pipeline.steps.b.set: unknown step "a"',
    ],
    [
      'a pipeline that includes itself',
      '{ pipeline: itself }',
      'itself.yaml:2:18: steps.next.pipeline: includes itself: "itself" -> "itself"',
    ],
    [
      'a circle of pipelines',
      '{ pipeline: ping }',
      'pong.yaml:2:18: steps.next.pipeline: includes itself: "ping" -> "pong" -> "ping"',
    ],
    ['too many within one another', '{ pipeline: deep0 }', `leads to pipelines nested more than ${MAX_NESTING} deep`],
    [
      'too many steps in all',
      '{ pipeline: wide0 }',
      'steps: there are 11110 steps with those of the pipelines within; at most 2000 are taken',
    ],
    [
      'a job beside it',
      '{ pipeline: scene, endpoint: draw, input: { title: x } }',
      'is a job and a pipeline at once: give it "endpoint" or "pipeline", not both',
    ],
    [
      'the options of a job',
      '{ pipeline: scene, input: { title: x }, retry: { handler: 1 } }',
      'p.yaml:3:46: steps.a.retry: only a step with "endpoint" has this field',
    ],
    [
      'a limit of a job',
      '{ pipeline: scene, input: { title: x }, timeouts: { run: 1m } }',
      'steps.a.timeouts.run: is a limit of a job',
    ],
    ['an input that is none', '{ pipeline: scene, input: [x] }', 'steps.a.input: must be an object, not a list'],
    [
      'an input that its schema refuses',
      '{ pipeline: scene, input: { title: 5 } }',
      'p.yaml:3:34: steps.a.input.title: must be string',
    ],
    ['no input where one is required', '{ pipeline: scene }', 'steps.a.input.title: is missing'],
    [
      'an input without a field that is required',
      '{ pipeline: scene, input: { sizes: "{% $input.sizes %}" } }',
      'steps.a.input.title: is missing',
    ],
  ])('is refused, with the place and the remedy, for %s', async (_, step, text) => {
    const texts = await textsFor(step);
    expect(texts).toHaveLength(1);
    expect(texts[0]).toContain(text);
  });

  it('has its definition on record with its digest, and the endpoints of all within', async () => {
    const definition = {
      version: 1,
      steps: {
        a: { pipeline: 'scene', input: { title: 'x' } },
        b: { pipeline: { version: 1, steps: { c: { pipeline: 'scene', input: '{% $input %}' } } } },
      },
    };
    const { plan } = await takePipeline({ definition, input: {} }, config);
    expect(plan.steps.map(({ kind, nested }) => ({ kind, name: nested?.name, endpoints: nested?.endpoints }))).toEqual([
      { kind: 'pipeline', name: 'scene', endpoints: ['draw'] },
      { kind: 'pipeline', name: undefined, endpoints: ['draw'] },
    ]);
    expect(plan.steps[0]?.nested?.definition).toEqual({
      name: 'scene',
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });
});

const FILM = `version: 1
steps:
  scenes:
    forEach: "{% $input.titles %}"
    pipeline: scene
    input: { title: "{% $item %}", sizes: [1, 2] }
  last:
    when: "{% $count($steps.scenes.output) > 1 %}"
    pipeline: { version: 1, steps: { look: { endpoint: draw, input: { x: "{% $input.x %}" } } } }
    input: { x: "{% $steps.scenes.output %}" }
`;
const inspect = (text: string, input?: { titles: readonly (string | number)[] }) =>
  inspectDefinition(parseDefinition(text, 'p.yaml'), input, { config, engine });

describe('looking at a pipeline with others within', () => {
  it('counts their jobs as often as they run', async () => {
    const { estimate } = await inspect(FILM, { titles: ['a', 'b', 'c'] });
    expect(estimate.jobs).toEqual({ min: 6, max: 7 });
    expect(estimate.endpoints).toEqual([{ endpoint: 'local/draw-1', jobs: { min: 6, max: 7 } }]);
  });

  it('counts those of many items without looking at each', async () => {
    const titles = Array.from({ length: 50 }, (_, at) => `t${at}`);
    const { forecast, estimate } = await inspect(FILM, { titles });
    expect(forecast.steps[0]?.nested?.map(({ times }) => times)).toEqual([...Array(20).fill(1), 30]);
    // Of those that were not looked at, the number of jobs shows when they run.
    expect(estimate.jobs).toEqual({ min: 40 });
  });

  it('knows no number where the items are not known', async () => {
    expect((await inspect(FILM)).estimate.jobs).toEqual({ min: 0 });
  });

  it('evaluates what is known within, and says what is not', async () => {
    const { forecast } = await inspect(FILM, { titles: ['a', 'b'] });
    const [scenes, last] = forecast.steps;
    expect(scenes?.nested?.[1]?.forecast.steps[0]?.bodies).toEqual([{ title: 'b' }, { title: 'b' }]);
    expect(last?.nested?.[0]?.forecast.steps[0]?.bodies).toEqual([{ x: { $dependsOn: ['$input'] } }]);
  });

  it('finds what a nested one would refuse, or fail with', async () => {
    const { failures } = await inspect(FILM, { titles: ['a', 5] });
    expect(failures.map(({ text }) => text)).toEqual([
      'p.yaml:6:14: steps.scenes.input.title: must be string (item 1)',
    ]);
    const failing = FILM.replace('x: "{% $input.x %}"', `x: "{% 'a' + 1 %}"`).replace(/ {4}when.*\n/, '');
    const texts = (await inspect(failing, { titles: [] })).failures.map(({ text }) => text);
    expect(texts).toEqual([expect.stringContaining('p.yaml:8:71: steps.last.pipeline.steps.look.input.x: ')]);
  });

  it('warns of what stands in the definition, and leaves other files to be looked at themselves', async () => {
    const loose = FILM.replace('x: "{% $input.x %}"', 'x: "{% $input.x[y > 1] %}"');
    const { warnings } = await inspect(loose);
    expect(warnings.map(({ path }) => path.join('.'))).toEqual(['steps.last.pipeline.steps.look.input.x']);
  });

  it('draws each as a frame around its own steps', async () => {
    const { plan } = await inspect(FILM);
    expect(toMermaid(plan).split('\n')).toEqual([
      'flowchart TD',
      '  subgraph s1["scenes<br/>pipeline scene<br/>for each"]',
      '    s1_1[["draw<br/>draw<br/>for each"]]',
      '    s1_out([output])',
      '    s1_1 --> s1_out',
      '  end',
      '  subgraph s2["last<br/>pipeline"]',
      '    s2_1["look<br/>draw"]',
      '  end',
      '  s1 -. when .-> s2',
    ]);
  });
});
