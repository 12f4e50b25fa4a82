import jsonata from 'jsonata';
import { describe, expect, it } from 'vitest';
import { compileDefinition } from '../../../definition/compile-definition.js';
import { endpointsOf } from '../../../definition/endpoints.js';
import { readShape } from '../../../definition/expression-shape.js';
import { listOf, objectOf, shapeOfSchema, UNKNOWN } from '../../../definition/shape.js';
import { warningsOf } from '../../../definition/warnings.js';
import type { JsonObject } from '../../../job-api/json.js';
import { config } from './config.js';

const item = objectOf(
  new Map([
    ['tags', listOf(UNKNOWN)],
    ['a', UNKNOWN],
  ]),
);
const variables = new Map([
  ['xs', listOf(item)],
  ['x', item],
]);

/** `list`, `bare`: the item itself where there is one; `?` */
function kindOf(source: string): string {
  const { shape, looseKeys, looseLists } = readShape(source, variables);
  const kind = { sequence: 'bare', list: 'list', object: '?', unknown: '?' }[shape.kind];
  return [kind, ...looseKeys, ...(looseLists ? ['lists'] : [])].join(' ');
}

const CASES: readonly (readonly [source: string, kind: string])[] = [
  ['$xs', 'list'],
  ['$xs.a', 'bare'],
  ['$xs."a"', 'bare'],
  ['[$xs.a]', 'list'],
  ['$xs.a[]', 'list'],
  ['$xs[].a', 'list'],
  ['$xs[a = 1]', 'bare'],
  ['$xs[a = 1].a', 'bare'],
  ['$xs[a = 1][]', 'list'],
  ['[$xs[a = 1]]', 'list'],
  ['$xs[a = 1][0]', '?'],
  ['$xs[a = 1][-1].a', '?'],
  ['$xs[a = 1][0].tags', 'list'],
  ['$xs[0]', '?'],
  ['$xs[0].a', '?'],
  ['$xs[$count($xs) - 1].a', '?'],
  ['$xs[$i].a', '?'],
  ['($i := 0; $xs[$i].a)', '?'],
  ['$xs[a in [1, 2] and $not(b)]', 'bare'],
  ['$xs[$not(b)]', 'bare'],
  ['$xs[a]', 'bare'],
  ['$xs[[0..2]]', 'bare'],
  ['[$xs[[0..2]]]', 'list'],
  ['$xs^(>a)', 'bare'],
  ['[$xs^(>a)]', 'list'],
  ['$xs#$i.a', 'bare'],
  ['$xs@$v.a', 'bare'],
  ['$x.tags', 'list'],
  ['$x.tags[$ = 1]', 'bare'],
  ['$x.tags[0]', '?'],
  ['$o.*', 'bare'],
  ['$o.**[a = 1]', 'bare'],
  ['$xs.tags[0]', 'bare'],
  ['($xs.a)[0]', '?'],
  ['($xs[a = 1])', 'bare'],
  ['($xs[a = 1].a)[0]', '?'],
  ['($hits := $xs[a = 1]; $hits)', 'bare'],
  ['($hits := [$xs[a = 1]]; $hits)', 'list'],
  ['($hits := [$xs[a = 1]]; $hits.a)', 'bare'],
  ['$x.a ? $xs.a', 'bare'],
  ['$x.a ? [$xs.a] : []', 'list'],
  ['$xs.a ?: []', 'bare'],
  // Functions.
  ['$count($xs.a)', '?'],
  ['$join($xs.a, ", ")', '?'],
  ['$sum($xs[a = 1].a) + 1', '?'],
  ['$xs.a ~> $sum', '?'],
  ['"x" & $xs.a', '?'],
  ['$map($xs, function($v) { $v.a })', 'bare'],
  ['[$map($xs, function($v) { $v.a })]', 'list'],
  ['$map($xs, function($v) { $v.a })[]', 'list'],
  ['$xs ~> $map(function($v) { $v.a })', 'bare'],
  ['$filter($xs, function($v) { $v.a = 1 })', 'bare'],
  ['$xs ~> $filter(function($v) { $v.a = 1 }) ~> $count', '?'],
  ['$filter($xs, function($v) { $v.a = 1 })[0]', '?'],
  ['$keys($o)', 'bare'],
  ['$distinct($xs)', 'list'],
  ['$distinct($xs.a)', 'bare'],
  ['$sort($xs.a)', 'list'],
  ['$reverse($xs[a = 1])', 'list'],
  ['$split("a,b", ",")', 'list'],
  ['($map := function($v) { $v }; $map($xs))', '?'],
  // Inside of what is built.
  ['{"n": $count($xs), "best": $xs[a = 1]}', '? best'],
  ['{"best": [$xs[a = 1]]}', '?'],
  ['[$xs.{"t": tags[$ = 1]}]', 'list t'],
  ['[$map($xs, function($v) { {"t": $v.tags[$ = 1]} })]', 'list t'],
  ['$merge([$x, {"t": $xs.a}])', '? t'],
  ['$xs{"k": a}', '?'],
  // Lists of lists.
  ['[$xs.[a, 2]]', 'list lists'],
  ['$xs.[a, 2][]', 'list'],
  ['[$map($xs, function($v) { [$v.a, 2] })]', 'list lists'],
  ['$map($xs, function($v) { [$v.a, 2] })[]', 'list'],
  ['[[1, 2], [3, 4]]', 'list'],
  ['does not parse (', '?'],
];

describe('what an expression yields where its lists have one item', () => {
  it.each(CASES)('%s: %s', (source, kind) => {
    expect(kindOf(source)).toBe(kind);
  });

  // The claims above, held against JSONata itself.
  it.each(CASES.filter(([, kind]) => kind === 'list' || kind === 'bare'))(
    '%s is a %s to JSONata too',
    async (...given) => {
      const [source, kind] = given;
      const x = { a: 1, tags: [1] };
      const value = await jsonata(source).evaluate(undefined, { xs: [x], x, o: { a: 1 } });
      expect(Array.isArray(value)).toBe(kind === 'list');
    },
  );
});

function warnings(steps: JsonObject, rest: JsonObject = {}): readonly string[] {
  const definition = { version: 1, steps, ...rest };
  const { plan } = compileDefinition(definition, endpointsOf(config));
  return warningsOf(plan, rest.input as JsonObject | undefined).map(
    ({ path, message }) => `${path.join('.')} ${message}`,
  );
}

const LOOSE =
  'is the bare item where there is one, and nothing where there is none: write [ … ] around it for a list, or ( … )[0] for the first alone';
const DRAW: JsonObject = { forEach: [1, 2], endpoint: 'draw', input: { a: '{% $item %}' } };

describe('warnings of unwrapped lists', () => {
  it('name the filter of a set, the input of a job and the output', () => {
    expect(
      warnings(
        {
          draw: DRAW,
          best: { set: '{% $steps.draw.output[score > 0.5] %}' },
          sheet: { endpoint: 'sheet', input: { images: ['{% $steps.draw.output.image %}'], n: 1 } },
        },
        { output: { sheet: '{% $steps.sheet.output.image %}', drawn: '{% $steps.draw.output.image %}' } },
      ),
    ).toEqual([`steps.best.set ${LOOSE}`, `steps.sheet.input.images.0 ${LOOSE}`, `output.drawn ${LOOSE}`]);
  });

  it('go through lists that a schema, a set or a literal says to be some', () => {
    const input = { type: 'object', properties: { pictures: { type: 'array', items: { type: 'object' } } } };
    const endpoint = { endpoint: 'sheet', outputSchema: { properties: { pages: { type: 'array' } } } };
    expect(
      warnings(
        {
          a: { set: '{% $input.pictures.title %}' },
          b: { ...endpoint, input: { x: 1 } },
          c: { set: '{% $steps.b.output.pages.url %}' },
          d: { set: [{ n: 1 }, { n: 2 }] },
          e: { endpoint: 'draw', input: { n: '{% $steps.d.output.n %}' } },
          f: { set: '{% $steps.b.errors.type %}' },
        },
        { input },
      ),
    ).toEqual([`steps.a.set ${LOOSE}`, `steps.c.set ${LOOSE}`, `steps.e.input.n ${LOOSE}`]);
  });

  it('know the items of a forEach by what it runs over', () => {
    const input = {
      properties: { albums: { type: 'array', items: { properties: { tracks: { type: 'array' } } } } },
    };
    const body = (value: string): JsonObject => ({ a: { forEach: '{% $input.albums %}', set: value } });
    expect(warnings(body('{% $item.tracks.title %}'), { input })).toEqual([`steps.a.set ${LOOSE}`]);
    expect(warnings(body('{% [$item.tracks.title] %}'), { input })).toEqual([]);
  });

  it('are given for a list of lists, in a forEach too', () => {
    const pairs = '$map($input.a, function($v) { [$v, 1] })';
    const [forEach, set] = warnings({ a: { forEach: `{% ${pairs} %}`, set: `{% [${pairs}] %}` } });
    expect(forEach).toMatch(/^steps\.a\.forEach makes a list of lists/);
    expect(set).toMatch(/^steps\.a\.set makes a list of lists/);
  });

  it('are not given where one item is as good as many, or nothing is known', () => {
    expect(
      warnings(
        {
          draw: DRAW,
          again: { ...DRAW, forEach: '{% $steps.draw.output[score > 0.5] %}' },
          when: { when: '{% $steps.draw.output[score > 0.5] %}', set: 1 },
          count: { set: '{% $count($steps.draw.output[score > 0.5]) %}' },
          first: { set: '{% $steps.draw.output[score > 0.5][0].image %}' },
          one: { endpoint: 'sheet', input: { image: '{% $steps.first.output.parts.image %}' } },
          whole: { set: '{% $steps.draw.output %}' },
        },
        { output: '{% $input.whatever.there.is %}' },
      ),
    ).toEqual([]);
  });
});

describe('the shape that a schema tells', () => {
  it('is none for what it leaves open', () => {
    for (const schema of [undefined, true, { type: ['array', 'null'] }, { $ref: '#/$defs/x' }]) {
      expect(shapeOfSchema(schema).kind).toBe('unknown');
    }
  });
});
