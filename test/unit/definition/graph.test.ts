import { describe, expect, it } from 'vitest';
import { compileDefinition } from '../../../definition/compile-definition.js';
import { endpointsOf } from '../../../definition/endpoints.js';
import { levelsOf, longestPaths } from '../../../definition/graph.js';
import { toMermaid } from '../../../definition/mermaid.js';
import { config } from './config.js';

const steps = (needs: Readonly<Record<string, readonly string[]>>) =>
  Object.entries(needs).map(([name, needed]) => ({ name, needs: needed }));

describe('the levels of steps', () => {
  it.each<[string, Readonly<Record<string, readonly string[]>>, readonly (readonly string[])[]]>([
    ['one step', { a: [] }, [['a']]],
    ['steps side by side', { a: [], b: [] }, [['a', 'b']]],
    ['a chain', { a: [], b: ['a'], c: ['b'] }, [['a'], ['b'], ['c']]],
    ['a diamond', { a: [], b: ['a'], c: ['a'], d: ['b', 'c'] }, [['a'], ['b', 'c'], ['d']]],
    ['a short way beside a long one', { a: [], b: ['a'], c: ['b', 'a'], d: ['a'] }, [['a'], ['b', 'd'], ['c']]],
    ['a definition that begins at its end', { c: ['b'], b: ['a'], a: [] }, [['a'], ['b'], ['c']]],
  ])('%s', (_, needs, levels) => {
    expect(levelsOf(steps(needs))).toEqual(levels);
  });

  it('are as many as the longest path has steps, by any measure of a step', () => {
    const diamond = steps({ a: [], b: ['a'], c: ['a'], d: ['b', 'c'] });
    const lengths: Readonly<Record<string, number>> = { a: 1, b: 10, c: 100, d: 1000 };
    expect(Object.fromEntries(longestPaths(diamond, (name) => lengths[name] ?? 0, 'end'))).toEqual({
      a: 1,
      b: 11,
      c: 101,
      d: 1101,
    });
  });
});

describe('the flowchart', () => {
  const chartOf = (definition: object) =>
    toMermaid(compileDefinition({ version: 1, ...definition }, endpointsOf(config)).plan);

  it('has a node for each step by its kind, and arrows to what waits', () => {
    expect(
      chartOf({
        name: 'contact-sheet',
        steps: {
          draw: { forEach: '{% $input.titles %}', endpoint: 'draw', input: { title: '{% $item %}' } },
          best: { set: '{% [$steps.draw.output[score > 0.5]] %}' },
          end: { when: '{% $steps.best.output %}', endpoint: ['sheet', 'local/x'], input: { a: 1 } },
        },
        output: '{% $steps.end.output.image %}',
      }),
    ).toBe(
      [
        '---',
        'title: "contact-sheet"',
        '---',
        'flowchart TD',
        '  s1[["draw<br/>draw<br/>for each"]]',
        '  s2("best<br/>set")',
        '  s3["end<br/>sheet, else local/x"]',
        '  out([output])',
        '  s1 --> s2',
        '  s2 -. when .-> s3',
        '  s3 --> out',
      ].join('\n'),
    );
  });

  it('takes names that mean something to Mermaid as text', () => {
    const endpoints = { ...config.endpoints, '<b>"x"#': { alias: 'x', use: config.endpoints.draw?.use ?? [] } };
    const { plan } = compileDefinition(
      { version: 1, name: 'a: "b" #1', steps: { class: { set: 1 }, end: { endpoint: '<b>"x"#', input: { a: 1 } } } },
      endpointsOf({ ...config, endpoints }),
    );
    const steps = plan.steps.map((step) => ({
      ...step,
      ...(step.job && {
        job: { ...step.job, targets: step.job.targets.map((target) => ({ ...target, endpoint: '<b>"x"#' })) },
      }),
    }));
    const chart = toMermaid({ ...plan, steps });
    expect(chart).toContain('title: "a: \\"b\\" #1"');
    expect(chart).toContain('s2["end<br/>#60;b#62;#34;x#34;#35;"]');
  });
});
