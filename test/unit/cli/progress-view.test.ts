import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { coloursFor } from '../../../cli/colours.js';
import { createProgressView, drawSteps } from '../../../cli/progress-view.js';
import type { Progress } from '../../../workflows/contract.js';

type Step = Progress['steps'][string];

function progress(steps: Record<string, Partial<Step>>): Progress {
  const full = Object.entries(steps).map(([name, step]) => [
    name,
    { status: 'running', done: 0, total: 1, failed: 0, ...step },
  ]);
  return { status: 'running', steps: Object.fromEntries(full), usage: { jobs: 0, executionMs: 0, wastedMs: 0 } };
}

async function plainLines(updates: readonly Progress[]): Promise<string[]> {
  const stream = new PassThrough();
  const view = createProgressView({ stream, plain: true });
  for (const update of updates) view.update(update);
  view.done();
  stream.end();
  return (await text(stream)).split('\n').slice(0, -1);
}

describe('the plain view', () => {
  it('writes one line for each change and repeats none', async () => {
    const lines = await plainLines([
      progress({ draw: { total: 3 }, sheet: { status: 'pending' } }),
      progress({ draw: { total: 3 }, sheet: { status: 'pending' } }),
      progress({ draw: { total: 3, done: 2 }, sheet: { status: 'pending' } }),
      progress({ draw: { total: 3, done: 3, failed: 1, status: 'completed' }, sheet: {} }),
      progress({
        draw: { total: 3, done: 3, failed: 1, status: 'completed' },
        sheet: { done: 1, status: 'completed' },
      }),
    ]);
    expect(lines).toEqual([
      'draw: running, 0 of 3',
      'draw: running, 2 of 3',
      'draw: completed, 3 of 3, 1 failed',
      'sheet: running',
      'sheet: completed',
    ]);
  });

  it('tells how far a run is with settling, in steps, and its end', async () => {
    const settling = (done: number, total = 1_000) => ({ ...progress({}), settling: { done, total } });
    const lines = await plainLines([
      settling(0),
      ...Array.from({ length: 60 }, (_, n) => settling(n)),
      settling(999),
      settling(1_000),
      settling(1_000),
      settling(1, 1),
    ]);
    expect(lines).toEqual([
      'settling 0 of 1,000 jobs',
      'settling 50 of 1,000 jobs',
      'settling 999 of 1,000 jobs',
      'settling 1,000 of 1,000 jobs',
    ]);
  });

  it('tells of a step that goes back to waiting', async () => {
    const lines = await plainLines([progress({ a: {} }), progress({ a: { status: 'pending' } })]);
    expect(lines).toEqual(['a: running', 'a: pending']);
  });

  it('says nothing after its end', () => {
    const stream = new PassThrough();
    const view = createProgressView({ stream, plain: true });
    view.done();
    view.update(progress({ a: {} }));
    expect(stream.read()).toBeNull();
  });
});

describe('the picture for a terminal', () => {
  it('has a bar for each step, of the same length', () => {
    const picture = drawSteps(
      progress({
        draw: { total: 4, done: 1, failed: 1 },
        sheet: { status: 'pending' },
        skipped: { status: 'skipped', total: 0 },
        set: { status: 'completed', done: 1 },
      }),
      coloursFor({ isTTY: true }),
    );
    expect(stripVTControlCharacters(picture).split('\n')).toEqual([
      '▸ draw     ━━━━━───────────────  1/4 1 failed',
      '· sheet    ────────────────────  pending',
      '- skipped  ────────────────────  skipped',
      '✓ set      ━━━━━━━━━━━━━━━━━━━━  completed',
    ]);
  });

  it('is redrawn in place, with notes above it', async () => {
    const stream = new PassThrough();
    const view = createProgressView({ stream, plain: false });
    view.update(progress({ a: {} }));
    view.note('a note');
    view.update(progress({ a: { status: 'completed', done: 1 } }));
    view.done();
    stream.end();
    const shown = stripVTControlCharacters(await text(stream));
    expect(shown).toContain('a note\n');
    expect(shown.trimEnd()).toMatch(/✓ a .* completed$/);
  });
});
