import { describe, expect, it } from 'vitest';
import { parseExpression } from '../../../definition/index.js';
import { namedSteps, namesInput } from '../../../workflows/pipelines/named-values.js';

const STEPS = ['draw', 'drawn', 'upscale', 'a1_b'];

describe('what templates read', () => {
  it.each<[string, readonly string[]]>([
    ['$steps.draw.output', ['draw']],
    ['$steps.drawn.output', ['draw', 'drawn']], // one too many does no harm
    ['$count($steps . upscale . output)', ['upscale']],
    ['{ "a": $steps.a1_b.output, "b": $steps.draw.status }', ['draw', 'a1_b']],
    ['$input.draw', ['draw']],
    ['$steps', STEPS],
    ['$steps.*.output', STEPS],
    ['$steps.`draw`.output', STEPS],
    ['($s := $steps; $s.draw.output)', STEPS],
    ['$lookup($steps, "draw").output', STEPS],
    ['$steps./* which? */draw.output', STEPS],
    ['1 + 1', []],
  ])('%s', (source, expected) => {
    const named = namedSteps({ deep: [`{% ${source} %}`] }, STEPS);
    expect(named).toEqual(expected);
    const parsed = parseExpression(source);
    const read = parsed.ok ? parsed.references.steps.map(({ step }) => step) : [];
    expect(named).toEqual(expect.arrayContaining(read));
  });

  it('is the input, wherever it is named', () => {
    expect(namesInput([undefined, { a: ['{% $count($input.items) %}'] }])).toBe(true);
    expect(namesInput([undefined, { input: '{% $steps.draw.output.input %}' }, 'input', 3, null])).toBe(false);
  });
});
