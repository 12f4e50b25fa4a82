import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { BUILT_IN_FUNCTIONS } from '../../../definition/built-ins.js';
import { parseExpression, type References } from '../../../definition/references.js';

function referencesOf(source: string): References {
  const parsed = parseExpression(source);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.references;
}

function stepsOf(source: string): string {
  const { steps, computed } = referencesOf(source);
  return [
    ...steps.map(({ step, field }) => (field === undefined ? step : `${step}.${field}`)),
    ...(computed ? ['?'] : []),
  ].join(' ');
}

describe('the steps that an expression reads', () => {
  it.each([
    ['1 + 1', ''],
    ['$steps.draw.output', 'draw.output'],
    ['$steps.draw', 'draw'],
    ['$steps.`draw`.output', 'draw.output'],
    ['$steps."draw".status', 'draw.status'],
    ['[$steps.draw.output[score > 0.5]]', 'draw.output'],
    ['$steps.draw[status = "completed"].output', 'draw'],
    ['$steps.draw.output^(>score)[0]', 'draw.output'],
    ['$steps.draw{status: output}', 'draw'],
    ['$steps.a.output & $steps.b.output', 'a.output b.output'],
    ['{"k": $steps.a.output, "l": [$steps.b]}', 'a.output b'],
    ['{$steps.a.status: 1}', 'a.status'],
    ['$input.x ? $steps.a.output : $steps.b.output', 'a.output b.output'],
    ['$map($steps.a.output, function($v, $i) { $v + $steps.b.output[$i] })', 'a.output b.output'],
    ['$steps.a.output ~> $sum', 'a.output'],
    ['$steps.a.output ~> |$|{"x": $steps.b.output}|', 'a.output b.output'],
    ['$sum(?, $steps.a.output)', 'a.output'],
    ['-$steps.a.output', 'a.output'],
    ['$steps.a.output[$ in $steps.b.output]', 'a.output b.output'],
    ['$steps.a.output@$x.{"q": $x, "s": $steps.b.status}', 'a.output b.status'],
    ['$steps.a.output#$i.{"i": $i}', 'a.output'],
    ['$input.list.$steps.a.output', 'a.output'],
    ['$steps.a.output.items.{"t": title, "p": %.name}', 'a.output'],
    ['($s := $steps.a.output; $s[0])', 'a.output'],
    ['"$steps.a"', ''],
    ['/* $steps.a */ 1', ''],
    // Not to be known before they run.
    ['$steps', '?'],
    ['$steps.*', '?'],
    ['$steps.**', '?'],
    ['$lookup($steps, "a")', '?'],
    ['$keys($steps)', '?'],
    ['$steps ~> $keys', '?'],
    ['$steps[0].a', '?'],
    ['$steps.(a)', '?'],
    ['$steps{"a": a}', '?'],
    ['($s := $steps; $s.a)', '?'],
    ['$each($steps, function($v, $k) { $k })', '?'],
    // Another variable of the same name.
    ['($steps := {"a": 1}; $steps.a)', ''],
    ['$map([1], function($steps) { $steps.a })', ''],
    ['($map([1], function($steps) { $steps.a }); $steps.b)', 'b'],
  ])('%s', (source, steps) => {
    expect(stepsOf(source)).toBe(steps);
  });
});

describe('the variables that an expression leaves to others', () => {
  it.each([
    ['$input.a + $item.b', 'input item'],
    ['($x := 1; $x + $y)', 'y'],
    ['($f := function($n) { $n < 2 ? 1 : $n * $f($n - 1) }; $f(5))', ''],
    ['(($x := 1); $x)', 'x'],
    ['function($a) { $a + $b }', 'b'],
    ['$map($input.list, function($v) { $uppercase($v) })', 'map input uppercase'],
    ['$input.a@$x.b@$y[$x.id = $y.id].{"x": $x, "y": $y}', 'input'],
    ['$input.list#$i[$i < 2]', 'input'],
    ['$input.list[score > 1]#$i.{"n": $i}', 'input'],
  ])('%s', (source, names) => {
    expect([...referencesOf(source).variables].join(' ')).toBe(names);
  });
});

describe('a name without anything that it could be read from', () => {
  it.each([
    ['titles', 'titles'],
    ['input.titles', 'input'],
    ['$', '$'],
    ['$$.input', '$$'],
    ['*', '*'],
    ['[title]', 'title'],
    ['$count(titles)', 'titles'],
    ['$input.list.title', ''],
    ['$input.list[title = "x"]', ''],
    ['$input.list.{"t": title, "u": $uppercase(title)}', ''],
    ['$input.list^(title)', ''],
    ['$input.list{title: $sum(price)}', ''],
    ['$input.list.$', ''],
    ['$input ~> |list|{"n": title}|', ''],
    ['$input.list[$ > 1]', ''],
  ])('%s', (source, names) => {
    expect(referencesOf(source).contextReads.join(' ')).toBe(names);
  });
});

describe('an expression that is none', () => {
  it.each([
    ['', 'the expression is empty'],
    ['$steps.a.output[', /^does not parse: .*\(near character 16 of 16\)$/],
    ['"open', /^does not parse: .*quote/],
    ['1 2', 'does not parse: Syntax error: 2 (near character 3 of 3)'],
    ['a'.repeat(20_000), 'the expression is 20000 characters long; at most 16384 are taken'],
    ['('.repeat(8_000), /nested too deeply|does not parse/],
  ])('%.30s', (source, message) => {
    const parsed = parseExpression(source);
    expect(parsed).toEqual({
      ok: false,
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    });
  });
});

describe('the built-in functions', () => {
  it('are those of the installed JSONata, less $eval', () => {
    const source = readFileSync(createRequire(import.meta.url).resolve('jsonata'), 'utf8');
    const bound = [...source.matchAll(/(?:staticFrame|environment)\.bind\('(\w+)'/g)].map(([, name]) => name ?? '');
    expect([...BUILT_IN_FUNCTIONS].sort()).toEqual([...new Set(bound)].filter((name) => name !== 'eval').sort());
  });
});
