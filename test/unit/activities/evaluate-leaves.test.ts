import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { EvaluateOutcome, EvaluateTask } from '../../../activities/contract.js';
import type { ActivityDeps } from '../../../activities/deps.js';
import { evaluate } from '../../../activities/evaluate.js';
import { type ArtifactStore, createFileStore, externalize, rehydrate } from '../../../artifacts/index.js';
import { createExpressionEngine } from '../../../definition/index.js';
import type { JsonObject, JsonValue } from '../../../job-api/json.js';

// Its time limit is not what is tested, and a machine may be busy.
const engine = createExpressionEngine({ timeoutMs: 20_000 });
const RUN = { workflowId: 'pipeline:1', runId: 'r', startedAt: '2025-01-01T00:00:00.000Z' };
let root = '';
let store: ArtifactStore;
const read: string[] = [];

beforeAll(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'jobrelay-leaves-'));
  const files = createFileStore({ root });
  store = {
    put: (bytes) => files.put(bytes),
    get(sha256) {
      read.push(sha256);
      return files.get(sha256);
    },
  };
});
beforeEach(() => {
  read.length = 0;
});
afterAll(async () => {
  await engine.close();
  await rm(root, { recursive: true, force: true });
});

async function outcomeOf(task: Partial<EvaluateTask>, output: JsonValue, input: JsonValue): Promise<EvaluateOutcome> {
  const whole = { name: 'a', kind: 'value', body: null, inlineMaxBytes: 600, ...task } as const;
  const steps = { s: { status: 'completed', output } } as const;
  // Of all that activities work with, `evaluate` uses the store and the engine.
  const deps = { store, expressions: engine } as unknown as ActivityDeps;
  const [outcome] = (await evaluate({ tasks: [whole], input, steps, run: RUN }, deps)).outcomes;
  if (outcome === undefined) throw new Error('no outcome');
  return outcome;
}

/** A text that is a part of its own where values are stored, and a picture. */
const long = (word: string) => `${word} `.repeat(200).trim();
const picture = (byte: number) =>
  Buffer.concat([Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), Buffer.alloc(3_000, byte)]).toString('base64');

const OUTPUT: JsonObject = {
  title: long('title'),
  same: long('title'),
  image: picture(0),
  many: ['b', 'a', 'c', 'a'].map((name, n) => ({
    n,
    name,
    text: long(name),
    image: picture(n % 3),
    tags: [long(`tag ${name}`), 'short'],
  })),
  texts: ['b', 'a', 'c'].map(long),
  // More than an object of it may take: each of them is stored as JSON.
  lists: [1, 2].map((n) => Array.from({ length: 300 }, (_, at) => at * n)),
  objects: [1, 2].map((n) => Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`key${at}`, at * n]))),
};

async function inParts(value: JsonValue): Promise<JsonValue> {
  const options = { inlineMaxBytes: 500, leafMaxBytes: 300, foreign: true };
  const part = async (inner: JsonValue): Promise<JsonValue> => {
    if (Array.isArray(inner))
      return externalize(await Promise.all(inner.map(part)), store, { ...options, foreign: false });
    if (typeof inner !== 'object' || inner === null) return externalize(inner, store, options);
    const entries = Object.entries(inner).map(async ([key, item]) => [key, await part(item)] as const);
    return externalize(Object.fromEntries(await Promise.all(entries)), store, { ...options, foreign: false });
  };
  return part(value);
}

const plainly = (value: JsonValue) => JSON.stringify(value);

describe('an expression means the same whatever the size of what it reads', () => {
  it.each([
    '$s.title',
    '$s',
    '$s.many',
    '$s.many.image',
    '$s.many[n > 1].image',
    '$s.many[0]',
    '$s.many[-1].tags',
    '$s.many[$contains(text, "a")].n',
    '$s.many[text = $s.texts[1]].n',
    '$s.many[image in $s.image].n',
    '$s.many^(>text).n',
    '$s.many^(n).image',
    '$s.many{name: $count($)}',
    '$s.many{text: n}',
    '$s.many.{"n": n, "length": $length(text), "image": image}',
    '$s.many@$m.{"n": $m.n, "t": $m.text}',
    '$s.many#$i[$i > 0].text',
    '$s.many.tags',
    '$s.many.tags[0]',
    '$s.many.text.$length()',
    '$s.many.text.$substring(2)',
    '$s.many.image.$length()',
    '$s.*',
    '$count($s.**)',
    '$keys($s)',
    '$keys($s.objects)',
    '$keys($s.texts)',
    '$s.texts.*',
    '$s.title.nothing',
    '$s.image.sha256',
    '$lookup($s, "title")',
    '$lookup($s.objects, "key7")',
    '$s.objects.key7',
    '$s.lists',
    '$s.lists[0]',
    '[$s.lists]',
    '$count($s.lists)',
    '$s.lists.($ + 1)',
    '$sum($s.lists)',
    '$type($s.title)',
    '$s.many.$type(image)',
    '$s.lists.$type($)',
    '$type($s.objects[0])',
    '$s.title = $s.same',
    '$s.title != $s.same',
    '$s.title = "x"',
    '$s.title < $s.image',
    '$s.title in $s.texts',
    '$s.texts[1] in $s.many.text',
    '$s.title & "!"',
    '$s.image & ""',
    '$s.title and false',
    '$s.nothing or $s.image',
    '$not($s.title)',
    '$boolean($s.many.image)',
    '$exists($s.image)',
    '$s.title ? $s.image : 1',
    '$s.nothing ? 1 : $s.image',
    '$s.image ?: 5',
    '$s.nothing ?? $s.image',
    '$string($s.many[0])',
    '$s.many[1].$string()',
    '$join($s.texts, ",")',
    '$uppercase($s.title)',
    '$s.title ~> $uppercase',
    '$s.title ~> $substringBefore(" ") ~> $length()',
    '$s.many.text ~> $count',
    '$map($s.texts, $length)',
    '$map($s.many, function($m) { $m.image })',
    '$map($s.many, function($m, $i, $all) { $length($m.text) + $i + $count($all) })',
    '$filter($s.many, function($m) { $m.text })',
    '$filter($s.texts, function($t) { $contains($t, "b") })',
    '$single($s.texts, function($t) { $contains($t, "b") })',
    '$reduce($s.texts, function($a, $b) { $a & $b })',
    '$reduce($s.texts, $append)',
    '$sort($s.texts)',
    '$sort($s.many, function($l, $r) { $l.n < $r.n }).image',
    '$sort($s.many, function($l, $r) { $l.text > $r.text }).n',
    '$reverse($s.texts)',
    '$distinct($s.many.image)',
    '$append($s.texts, $s.title)',
    '$append($s.lists[0], $s.lists[1])',
    '$zip($s.texts, [1, 2, 3])',
    '$zip($s.lists[0], $s.lists[1])',
    '$merge([$s.many[0], {"x": $s.image}])',
    '$merge($s.objects)',
    '$spread($s.many[0])',
    '$spread($s.title)',
    '$each($s.many[0], function($v, $k) { $k })',
    '$each($s.objects[0], function($v, $k) { $k & $v })',
    '$sift($s.many[0], function($v) { $type($v) = "string" })',
    '$each($s.title, function($v) { $v })',
    '$merge($s.texts)',
    '($f := $length; $f($s.title))',
    '($f := function($x) { $length($x) }; $f($s.title))',
    '($f := function($x)<s:n> { $length($x) }; $f($s.title))',
    '($count := $length; $count($s.title))',
    '($f := $substring(?, 0, 3); $f($s.title))',
    '($f := $uppercase ~> $length; $f($s.title))',
    '$s.many.($f := function() { $length() }; text.$f())',
    '$s ~> |many|{"text": $uppercase(text)}, ["image"]|',
    '$s.many.%.title',
    '{"image": $s.image, "list": [$s.texts, $s.title]}',
    '{$s.title: 1}',
    '$s.title + 1',
    '-$s.title',
    '[1..$s.title]',
    '$s.title()',
    '$sum($s.texts)',
    '$abs($s.image)',
    '$match($s.texts[0], /b b/).match',
    '$replace($s.title, "title", "x")',
    '$split($s.title, " ")',
    '$base64decode($s.image)',
    '$error($s.title)',
    '$assert($s.title = 1, $s.title)',
  ])('%s', async (expression) => {
    const body = `{% ($s := $steps.s.output; ${expression}) %}`;
    const plain = await outcomeOf({ body, inlineMaxBytes: 10_000_000 }, OUTPUT, {});
    const stored = await outcomeOf({ body }, await inParts(OUTPUT), {});
    if (plain.kind !== 'one' || stored.kind !== 'one') expect(stored).toEqual(plain);
    else expect(plainly(await rehydrate(stored.value, store))).toBe(plainly(await rehydrate(plain.value, store)));
  });

  it('in the items of a forEach and in what decides about it', async () => {
    const parts = await inParts(OUTPUT);
    const tasks: Partial<EvaluateTask>[] = [
      { forEach: '{% $steps.s.output.many %}', body: { n: '{% $length($item.text) %}', image: '{% $item.image %}' } },
      { forEach: '{% $steps.s.output.lists[1] %}', body: '{% $item %}' },
      { forEach: '{% $steps.s.output.texts %}', body: '{% $item & "!" %}' },
      { forEach: '{% $steps.s.output.objects %}', body: '{% $item %}', kind: 'input' },
      { when: '{% $steps.s.output.lists[0] %}', body: 1 },
      { when: '{% $steps.s.output.image %}', body: 1 },
    ];
    for (const task of tasks) {
      const plain = await outcomeOf({ ...task, inlineMaxBytes: 10_000_000 }, OUTPUT, {});
      const stored = await outcomeOf(task, parts, {});
      expect(await rehydrate(stored as unknown as JsonValue, store)).toEqual(
        await rehydrate(plain as unknown as JsonValue, store),
      );
    }
  });
});

describe('what is only handed on', () => {
  it.each([
    ['{% $steps.s.output.image %}'],
    ['{% [$steps.s.output.many.image] %}'],
    ['{% $steps.s.output.many[n > 1].image %}'],
    ['{% $sort($steps.s.output.many, function($l, $r) { $l.n < $r.n }) %}'],
    ['{% $map($steps.s.output.many, function($m) { { "text": $m.text, "n": $m.n + 1 } }) %}'],
    ['{% $count($steps.s.output.many.image) %}'],
    ['{% $exists($steps.s.output.image) ? $steps.s.output.title : 1 %}'],
  ])('is not loaded: %s', async (body) => {
    const { many, image, title } = OUTPUT;
    const output = await externalize({ many, image, title } as JsonObject, store, {
      inlineMaxBytes: 100_000,
      leafMaxBytes: 300,
      foreign: true,
    });
    const outcome = await outcomeOf({ body, inlineMaxBytes: 300 }, output, {});
    expect(outcome.kind).toBe('one');
    expect(read).toEqual([]);
  });

  it('is loaded in few rounds where a list is read item by item, and no more of it than twice what is read', async () => {
    const texts = Array.from({ length: 60 }, (_, n) => long(`text ${n}`));
    const output = await externalize({ texts }, store, { inlineMaxBytes: 100_000, leafMaxBytes: 300, foreign: true });
    let batches = 0;
    const counted = {
      ...engine,
      evaluateBatch: (batch: Parameters<typeof engine.evaluateBatch>[0]) => {
        batches += 1;
        return engine.evaluateBatch(batch);
      },
    };
    const body = '{% $sum($map($steps.s.output.texts, function($t) { $length($t) })) %}';
    const task = { name: 'a', kind: 'value', body, inlineMaxBytes: 600 } as const;
    const steps = { s: { status: 'completed', output } } as const;
    const deps = { store, expressions: counted } as unknown as ActivityDeps;
    const { outcomes } = await evaluate({ tasks: [task], input: {}, steps, run: RUN }, deps);
    expect(outcomes).toEqual([{ kind: 'one', value: texts.reduce((sum, text) => sum + text.length, 0) }]);
    expect(batches).toBeLessThanOrEqual(8);

    read.length = 0;
    expect(await outcomeOf({ body: '{% $length($steps.s.output.texts[3]) %}' }, output, {})).toEqual({
      kind: 'one',
      value: texts[3]?.length,
    });
    expect(read).toHaveLength(1);
  });
});
