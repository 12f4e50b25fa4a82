import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jobrelay } from './run-in-process.js';

const CAPTIONS = `version: 1
name: captions
input:
  type: object
  required: [titles]
  properties: { titles: { type: array, items: { type: string }, maxItems: 2000 } }
steps:
  draw:
    forEach: "{% $input.titles %}"
    concurrency: 4
    endpoint: local/draw
    input: { title: "{% $item %}" }
    timeouts: { queue: 90s, run: 1m, total: 1h }
  colours:
    set: "{% $count($input.titles) * 2 %}"
  sheet:
    when: "{% $count($steps.draw.output) > 1 %}"
    endpoint: [local/sheet, local/spare]
    input: { images: "{% [$steps.draw.output.image] %}", n: "{% $steps.colours.output %}" }
output: { sheet: "{% $steps.sheet.output.image %}" }
`;

let cwd: string;
let captions: string;
let loose: string;
let wrong: string;
let failing: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'jobrelay-plan-'));
  const written = async (name: string, text: string) => {
    await writeFile(join(cwd, name), text);
    return join(cwd, name);
  };
  captions = await written('captions.yaml', CAPTIONS);
  loose = await written('loose.yaml', CAPTIONS.replace('[$steps.draw.output.image]', '$steps.draw.output.image'));
  wrong = await written(
    'wrong.yaml',
    CAPTIONS.replace('local/draw', 'drwa').replace('$steps.colours', '$steps.colour'),
  );
  await mkdir(join(cwd, 'pipelines'));
  await written('pipelines/titled.yaml', CAPTIONS.replace('name: captions\n', ''));
  await written('pipelines/bad.yaml', CAPTIONS.replace('local/draw', 'drwa'));
  await written('jobrelay.yaml', 'version: 1\npipelines: ./pipelines\n');
  await written('none.yaml', 'version: 1\n');
  failing = await written('failing.yaml', CAPTIONS.replace('{% $item %}', '{% $item.name %}'));
});
afterAll(() => rm(cwd, { recursive: true }));

const plan = (...args: readonly string[]) => jobrelay(['plan', ...args], { cwd });
const titles = (...given: readonly string[]) => JSON.stringify({ titles: given });

describe('jobrelay plan', () => {
  it('shows the steps by level, and what is certain of their jobs', async () => {
    const { exitCode, stdout, stderr } = await plan(captions);
    expect(stdout.split('\n')).toEqual([
      'captions: 3 steps on 2 levels; those of one level run side by side',
      '  1  draw     job on local/draw, for each item, 4 at once',
      '     colours  set',
      '  2  sheet    job on local/sheet, else local/spare, where its condition holds  after draw, colours',
      'where nothing fails: jobs whose number shows when it runs, at least 0 requests',
      '  local/draw   jobs whose number shows when it runs',
      '  local/sheet  0 to 1 job',
      "RunPod's documented limits, 1000 submits and 2000 reads in 10 s on an endpoint, do not slow it down",
      '',
    ]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  });

  it('shows what each step would submit with an input', async () => {
    const { stdout } = await plan(captions, '--dry-run', '--input', titles('a', 'b', 'c', 'd', 'e'));
    expect(stdout.split('\n\n')[1]?.split('\n')).toEqual([
      'draw: 5 jobs on local/draw, 4 at once',
      '  tried in this order: local/draw',
      '  timeouts: queue 90s, run 1m, total 1h',
      '  extra jobs allowed: platform 3, queue 1, handler 0, 1s to 30s apart; on an ambiguous submit: resubmit',
      '  [0] {"title": "a"}',
      '  [1] {"title": "b"}',
      '  [2] {"title": "c"}',
      '  and 2 more',
      'colours: a value',
      '  10',
      'sheet: a job on local/sheet, else local/spare, if $steps.draw will have it',
      '  tried in this order: local/sheet, local/spare',
      '  timeouts: queue 5m, run 10m',
      '  extra jobs allowed: platform 3, queue 1, handler 0, 1s to 30s apart; on an ambiguous submit: resubmit',
      '  {"images": <depends on $steps.draw>, "n": 10}',
      'output: {"sheet": <depends on $steps.sheet>}',
      '',
    ]);
  });

  it('cuts what is too long for a line', async () => {
    const { stdout } = await plan(captions, '--dry-run', '--input', titles('x'.repeat(500)));
    expect(stdout).toContain(`  [0] {"title": "${'x'.repeat(60)}"… (500 characters)}\n`);
  });

  it('says what the documented limits make it take', async () => {
    const { stdout } = await plan(captions, '--input', titles(...Array.from({ length: 1_500 }, (_, n) => `t${n}`)));
    expect(stdout).toContain('where nothing fails: 1500 to 1501 jobs, at least 3000 requests');
    expect(stdout).toContain('on an endpoint, make it take at least 10s\n');
  });

  it('tells programs all of it', async () => {
    const { stdout } = await plan(captions, '--json', '--dry-run', '--input', titles('a', 'b'));
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({
      ok: true,
      name: 'captions',
      problems: [],
      warnings: [],
      levels: [['draw', 'colours'], ['sheet']],
      estimate: { jobs: { min: 2, max: 3 }, leastRequests: 4, leastMs: 0 },
      output: { sheet: { $dependsOn: ['$steps.sheet'] } },
    });
    expect(document.steps).toMatchObject([
      {
        name: 'draw',
        fate: 'runs',
        items: 2,
        job: { timeouts: { queueMs: 90_000, runMs: 60_000, totalMs: 3_600_000 } },
        inputs: [{ title: 'a' }, { title: 'b' }],
      },
      { name: 'colours', values: [4] },
      { name: 'sheet', needs: ['draw', 'colours'], dependsOn: ['$steps.draw'] },
    ]);
    expect(document.mermaid).toBeUndefined();
  });

  it('draws a flowchart, and warns beside it', async () => {
    const { exitCode, stdout, stderr } = await plan(loose, '--mermaid');
    expect(stdout).toMatch(/^---\ntitle: "captions"\n---\nflowchart TD\n {2}s1/);
    expect(stderr).toMatch(/^warning: .*loose\.yaml:19:14: steps\.sheet\.input\.images: is the bare item where/);
    expect(exitCode).toBe(0);
    const { warnings, mermaid } = JSON.parse((await plan(loose, '--mermaid', '--json')).stdout);
    expect(warnings).toMatchObject([{ line: 19, column: 14, path: 'steps.sheet.input.images' }]);
    expect(`${mermaid}\n`).toBe(stdout);
  });

  it('names every mistake with its place, for people and for programs', async () => {
    const { exitCode, stderr } = await plan(wrong);
    expect(exitCode).toBe(2);
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringMatching(/^error: .*wrong\.yaml:11:5: steps\.draw\.endpoint: endpoint "drwa" is not in/),
      expect.stringMatching(
        /wrong\.yaml:19:58: steps\.sheet\.input\.n: unknown step "colour" \(did you mean colours\?/,
      ),
    ]);
    const { error } = JSON.parse((await plan(wrong, '--json')).stdout);
    expect(error.problems).toMatchObject([
      { line: 11, column: 5, path: 'steps.draw.endpoint' },
      { line: 19, column: 58, path: 'steps.sheet.input.n' },
    ]);
  });

  it('fails where an expression fails with this input, and shows the plan all the same', async () => {
    const { exitCode, stdout, stderr } = await plan(failing, '--input', titles('a'));
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(
      /^error: .*failing\.yaml:12:14: steps\.draw\.input\.title: the expression yields nothing \(item 0\)\n$/,
    );
    expect(stdout).toContain('captions: 3 steps');
    const { ok, problems } = JSON.parse((await plan(failing, '--json', '--input', titles('a'))).stdout);
    expect({ ok, problems }).toMatchObject({ ok: false, problems: [{ line: 12, column: 14 }] });
  });

  it.each<[string, readonly string[], string]>([
    ['an input that does not fit', ['--input', '{}'], 'does not take this input:\ninput.titles: is missing'],
    ['an input that is no object', ['--input', '[1]'], 'input: must be an object, not a list'],
    [
      'an input with a reference that is none',
      ['--input', '{"titles": [{"$artifact": "a.png"}]}'],
      'input.titles[0]: an object with the key "$artifact" is not a reference to an artifact',
    ],
    ['an input that is no JSON', ['--input', '{'], 'not JSON'],
    ['a flowchart of a dry run', ['--mermaid', '--dry-run'], "'--mermaid' cannot be used with option '--dry-run'"],
  ])('refuses %s', async (_, args, message) => {
    const { exitCode, stdout, stderr } = await plan(captions, ...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  it('refuses a file that is not there', async () => {
    const { exitCode, stderr } = await plan(join(cwd, 'nothing.yaml'));
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('is not there') });
  });

  it('names the encoding of a file that is not in UTF-8', async () => {
    await writeFile(join(cwd, 'wide.yaml'), '\uFEFFversion: 1', 'utf16le');
    const { exitCode, stderr } = await plan(join(cwd, 'wide.yaml'));
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: expect.stringMatching(/^error: .*wide\.yaml:1:1: this file is in UTF-16: save it as UTF-8\n$/),
    });
  });

  it('takes the name of a definition of the folder, and calls it by that where it has no name of its own', async () => {
    const { exitCode, stdout } = await plan('titled', '--input', titles('a', 'b'));
    expect({ exitCode, headline: stdout.split('\n')[0] }).toEqual({
      exitCode: 0,
      headline: 'titled: 3 steps on 2 levels; those of one level run side by side',
    });
    expect(JSON.parse((await plan('titled', '--json')).stdout).name).toBe('titled');
  });

  it.each<[string, readonly string[], RegExp]>([
    ['a definition that is wrong', ['bad'], /pipelines\/bad\.yaml:11:5: steps\.draw\.endpoint: /],
    [
      'a name that is not there',
      ['titeld'],
      /there is no file titeld, and in .*pipelines: unknown pipeline "titeld" \(did you mean titled\?/,
    ],
    [
      'a name where there is no folder',
      ['titled', '--config', './none.yaml'],
      /there is no file titled; for a pipeline by name, no folder of pipelines is configured/,
    ],
  ])('refuses %s by its name', async (_, args, message) => {
    const { exitCode, stdout, stderr } = await plan(...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it('finds nothing to warn of in the sample', async () => {
    const { exitCode, stderr } = await plan('examples/contact-sheet/pipeline.yaml');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  });
});

describe('jobrelay plan of approvals', () => {
  const REVIEW = `version: 1
steps:
  draft: { set: "a red boat" }
  review: { approval: { message: "{% $steps.draft.output & '?' %}", timeout: 36h, onReject: fail } }
  each: { needs: [review], forEach: [1, 2], approval: { onTimeout: approve } }
`;
  let review: string;
  beforeAll(async () => {
    review = join(cwd, 'review.yaml');
    await writeFile(review, REVIEW);
  });

  it('shows how long they are waited for, and what becomes of them then', async () => {
    const { exitCode, stdout } = await plan(review);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('review  approval within 36h, else rejected, fails where rejected  after draft\n');
    expect(stdout).toContain('each    approval within 1d, else approved, for each of 2 ');
    expect(stdout).toContain('where nothing fails: 0 jobs');
  });

  it('shows what the person will see, with --dry-run, and the settings to programs', async () => {
    const { stdout } = await plan(review, '--dry-run');
    expect(stdout).toContain('review: an approval\n  "a red boat?"\n');
    expect(stdout).toContain('each: 2 approvals\n');
    const { steps } = JSON.parse((await plan(review, '--dry-run', '--json')).stdout);
    expect(steps[1]).toMatchObject({
      kind: 'approval',
      approval: { timeoutMs: 129_600_000, onTimeout: 'reject', onReject: 'fail' },
      messages: ['a red boat?'],
    });
  });

  it('draws them as hexagons', async () => {
    expect((await plan(review, '--mermaid')).stdout).toContain('s2{{"review<br/>approval"}}');
  });
});
