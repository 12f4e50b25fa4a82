import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { installRuntime } from '../../../worker/runtime.js';
import { WORKFLOW_TYPES } from '../../../workflows/contract.js';

/**
 * Histories as they were recorded, by the version of the package that wrote them: `npm run record-histories`. A run may be
 * open while its worker is replaced, and the new workflow code must then take the same decisions again.
 */
const FOLDER = fileURLToPath(new URL('../../fixtures/histories/', import.meta.url));

const quiet = new DefaultLogger('ERROR');

interface RecordedEvent {
  readonly eventType: string;
  readonly workflowExecutionStartedEventAttributes?: { readonly workflowType: { readonly name: string } };
}

interface RecordedHistory {
  readonly events: readonly RecordedEvent[];
}

async function read(name: string): Promise<RecordedHistory> {
  return JSON.parse(await readFile(`${FOLDER}${name}`, 'utf8'));
}

// A replay tells of each of its steps, and the changed workflows of a violation that is wanted.
installRuntime(() => undefined);

const all = (await readdir(FOLDER, { recursive: true })).filter((name) => name.endsWith('.json')).sort();
/** Of workflows of other people that use our functions. */
const ownNames = all.filter((name) => /[\\/]own[\\/]/.test(name));
const names = all.filter((name) => !ownNames.includes(name));

describe('the workflows as they are', () => {
  it.each(names)('replay %s', async (name) => {
    const options = { workflowBundle: { codePath: inject('workflowBundle') } };
    // By the id it was recorded under: the ids of its children begin with it.
    await Worker.runReplayHistory(options, await read(name), basename(name, '.json'));
  });

  it('have been recorded to each of their ends', async () => {
    const histories = await Promise.all(names.map(read));
    const ends = histories.map(({ events }) => {
      const type = events[0]?.workflowExecutionStartedEventAttributes?.workflowType.name;
      return `${type} ${events.at(-1)?.eventType.replace('EVENT_TYPE_WORKFLOW_EXECUTION_', '')}`;
    });
    const { slice, reap, ...types } = WORKFLOW_TYPES;
    const wanted = Object.values(types).flatMap((type) =>
      ['CANCELED', 'COMPLETED', 'FAILED'].map((end) => `${type} ${end}`),
    );
    // A slice tells its end in its result, however it ended.
    wanted.push(`${slice} COMPLETED`);
    // What it could not settle is in its result, and what it did not get to is left to a run of its own.
    wanted.push(`${reap} COMPLETED`, `${reap} CONTINUED_AS_NEW`);
    expect([...new Set(ends)].sort()).toEqual(wanted.sort());
  });
});

describe('the recorded histories of pipelines', () => {
  it('hold plans of all versions', async () => {
    const texts = await Promise.all(names.map((name) => readFile(`${FOLDER}${name}`, 'utf8')));
    const versions = texts
      .flatMap((text) => [...text.matchAll(/"data": "([^"]+)"/g)])
      .map(([, data = '']) => Buffer.from(data, 'base64').toString())
      .filter((payload) => payload.startsWith('{"plan":'))
      .flatMap((payload) => (JSON.parse(payload) as { plan: { v: number; steps?: unknown } }).plan)
      .flatMap(({ v, steps }) => (steps === undefined ? [] : [v]));
    expect([...new Set(versions)].sort()).toEqual([1, 2, 3, 4]);
  });
});

describe('the functions for workflows of other people, as they are', () => {
  let code: string;
  beforeAll(async () => {
    const workflowsPath = fileURLToPath(new URL('../../fixtures/own-workflows.ts', import.meta.url));
    ({ code } = await bundleWorkflowCode({ workflowsPath, logger: quiet }));
  });

  it.each(ownNames)('replay %s', async (name) => {
    await Worker.runReplayHistory({ workflowBundle: { code } }, await read(name), basename(name, '.json'));
  });
});

describe('workflows that were changed without regard to open runs', () => {
  let code: string;
  beforeAll(async () => {
    const workflowsPath = fileURLToPath(new URL('../../fixtures/changed-workflows.ts', import.meta.url));
    ({ code } = await bundleWorkflowCode({ workflowsPath, logger: quiet }));
  });

  it.each(['job-completed', 'job-cancelled', 'pipeline-completed'])('are found out by 0.1.0/%s', async (name) => {
    const replay = Worker.runReplayHistory({ workflowBundle: { code } }, await read(`0.1.0/${name}.json`), name);
    await expect(replay).rejects.toBeInstanceOf(DeterminismViolationError);
  });
});

describe('the recorded histories', () => {
  it('tell nothing of the machine that recorded them', async () => {
    const telling = /(?:file:\/\/|[\s"'(])\/(?:home|root|Users|tmp|var|work|opt)\/|[A-Z]:\\\\|"\d+@/;
    for (const name of all) {
      const text = await readFile(`${FOLDER}${name}`, 'utf8');
      const payloads = [...text.matchAll(/"data": "([^"]+)"/g)].map(([, data = '']) => Buffer.from(data, 'base64'));
      expect(
        [text, ...payloads.map(String)].flatMap((part) => telling.exec(part)?.[0] ?? []),
        name,
      ).toEqual([]);
    }
  });
});
