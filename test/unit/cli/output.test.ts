import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createOutput } from '../../../cli/output.js';

function setUp(json: boolean) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const said = (stream: PassThrough) => String(stream.read() ?? '');
  return { output: createOutput({ stdout, stderr }, json), stdout: () => said(stdout), stderr: () => said(stderr) };
}

const progress = {
  status: 'running',
  steps: { draw: { status: 'running', done: 1, total: 2, failed: 0 } },
  usage: { jobs: 1, executionMs: 0, wastedMs: 0 },
} as const;

describe('output for people', () => {
  it('has the result alone on the standard output', () => {
    const { output, stdout, stderr } = setUp(false);
    output.note('starting');
    const view = output.progress();
    view.update(progress);
    output.log('a line of a server');
    view.done();
    output.result({ ignored: true }, 'the result');
    expect(stdout()).toBe('the result\n');
    expect(stderr()).toBe('starting\ndraw: running, 1 of 2\na line of a server\n');
  });
});

describe('a stream that is followed', () => {
  it('is for people its text, and for programs a line for each event before the document', () => {
    const people = setUp(false);
    people.output.part({ offset: 0 }, 'a bo');
    people.output.part({ offset: 1 }, 'at\n');
    expect(people.stdout()).toBe('a boat\n');
    const programs = setUp(true);
    programs.output.part({ offset: 0 }, 'a bo');
    programs.output.part(undefined, '\n');
    programs.output.result({ ok: true }, '');
    expect(programs.stdout()).toBe('{"offset":0}\n{"ok":true}\n');
  });
});

describe('output for programs', () => {
  it('has one document on the standard output, and an object on each line of the standard error', () => {
    const { output, stdout, stderr } = setUp(true);
    output.note('starting');
    output.progress().update(progress);
    output.log('two\nlines');
    output.result({ ok: true }, 'ignored');
    expect(stdout()).toBe('{"ok":true}\n');
    expect(
      stderr()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([{ note: 'starting' }, { progress }, { log: 'two\nlines' }]);
  });
});
