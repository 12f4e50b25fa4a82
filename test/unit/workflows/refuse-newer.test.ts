import { ApplicationFailure } from '@temporalio/common';
import { expect, it } from 'vitest';
import { compilePipeline } from '../../../definition/index.js';
import { refuseNewer } from '../../../workflows/pipelines/refuse-newer.js';
import { config } from '../definition/config.js';

it('lets the plans through that this release makes, and older ones', () => {
  const { v } = compilePipeline({ definition: { version: 1, steps: { a: { set: 1 } } } }, config);
  for (let version = 1; version <= v; version++) refuseNewer({ v: version as typeof v });
  expect(() => refuseNewer({ v: (v + 1) as never })).toThrow(`version ${v + 1}`);
});

it('fails the workflow task and not the run', () => {
  try {
    refuseNewer({ v: 99 as never, name: 'contact-sheet' });
    expect.unreachable();
  } catch (error) {
    expect(error).not.toBeInstanceOf(ApplicationFailure);
    expect((error as Error).message).toMatch(/^the plan of contact-sheet has version 99/);
  }
});
