/** A pipeline that can run, and what is said of those that cannot. */
import { expect } from 'vitest';
import { compilePipeline, DefinitionError } from '../../../definition/index.js';
import { config } from './config.js';

export const contactSheet = {
  version: 1,
  name: 'contact-sheet',
  input: {
    type: 'object',
    required: ['titles'],
    properties: { titles: { type: 'array', items: { type: 'string' }, minItems: 1 } },
  },
  steps: {
    draw: {
      forEach: '{% $input.titles %}',
      concurrency: 8,
      endpoint: 'local/draw',
      input: { title: '{% $item %}', width: 512 },
      timeouts: { queue: '2m', run: '1m' },
      tolerate: 1,
    },
    best: { set: '{% [$steps.draw.output[score > 0.5]] %}' },
    sheet: {
      when: '{% $count($steps.best.output) > 0 %}',
      endpoint: 'sheet',
      input: { images: '{% [$steps.best.output.image] %}' },
    },
  },
  output: { sheet: '{% $steps.sheet.output.image %}' },
};

export function errorOf(run: () => unknown): DefinitionError {
  try {
    run();
  } catch (error) {
    if (error instanceof DefinitionError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

export function refusal(given: unknown): { readonly type: string; readonly message: string } {
  const { type, message } = errorOf(() => compilePipeline(given, config));
  return { type, message };
}

/** What is said of a definition with these steps. */
export function messageFor(steps: unknown, rest: object = {}): string {
  const { type, message } = refusal({ definition: { version: 1, steps, ...rest } });
  expect(type).toBe('DefinitionInvalid');
  return message;
}

export const JOB = { endpoint: 'draw', input: { a: 1 } };
