import { setTimeout as sleep } from 'node:timers/promises';
import { QueryNotRegisteredError } from '@temporalio/client';
import { type StreamPlace, type StreamRequest, WORKFLOW_TYPES } from '../workflows/contract.js';
import { InvalidInput, NoWorker, RunNotFound } from './errors.js';
import type { RunStatus } from './run-status.js';
import { parseStreamPath, requestText, type StreamPath } from './stream-path.js';
import { isPipelineType, type StreamRun } from './stream-run.js';

/** A stream that was found, in the run that keeps it. */
export interface FoundStream {
  readonly run: StreamRun;
  readonly request: StreamRequest;
  readonly place: KeptPlace;
}

export type KeptPlace = Extract<StreamPlace, { readonly kind: 'stream' }>;

export interface FindOptions {
  readonly step: string;
  readonly index?: number | undefined;
  readonly intervalMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Waits until a job keeps its stream. A pipeline tells of the runs below it, slices of a long `forEach` and nested
 * pipelines, which are asked in turn.
 *
 * @throws {InvalidInput} where there is none, and will be none.
 */
export async function findStream(
  root: StreamRun,
  { step, index, intervalMs, signal }: FindOptions,
): Promise<FoundStream> {
  const search = new StreamSearch(root, step, index);
  for (;;) {
    signal?.throwIfAborted();
    const found = await search.look();
    if (found !== undefined) return found;
    await sleep(intervalMs, undefined, signal && { signal }).catch(() => signal?.throwIfAborted());
  }
}

class StreamSearch {
  readonly #root: StreamRun;
  readonly #step: string;
  readonly #index: number | undefined;
  /** Runs that have the step which is looked for in them. */
  readonly #checked = new Set<string>();

  constructor(root: StreamRun, step: string, index: number | undefined) {
    this.#root = root;
    this.#step = step;
    this.#index = index;
  }

  /** From the run that was started down to the one that keeps the stream; undefined where that has not begun yet. */
  async look(): Promise<FoundStream | undefined> {
    let run = this.#root;
    let status = await run.status();
    const path = this.#pathIn(status);
    let depth = 0;
    for (;;) {
      const request = path[depth] ?? path[0];
      const isLast = depth === path.length - 1;
      // The status is older than the answer: a run that had ended by then will tell no more.
      const place = await run.place(request).catch(orSilence(status.closedAt !== undefined));
      switch (place?.kind) {
        case 'stream':
          if (isLast) return { run, request, place };
          throw new InvalidInput('step', `names none: "${textOf(path, depth)}" is a job, which has no steps`);
        case 'items':
          throw isLast
            ? new InvalidInput(
                'index',
                `is missing: step "${request.step}" is a forEach, whose items have a stream each`,
              )
            : new InvalidInput(
                'step',
                `lacks an item: "${textOf(path, depth)}" is a forEach; write ${textOf(path, depth)}[0]`,
              );
        case 'nested':
          if (isLast) throw await noStep(run.child(place.workflowId), textOf(path, depth));
          depth += 1;
          break;
        case 'slice':
          break;
        default:
          await this.#mayCome(run, request, status);
          return undefined;
      }
      const child = run.child(place.workflowId);
      const childStatus = await child.status().catch(orNotYet(status));
      if (childStatus === undefined) return undefined;
      run = child;
      status = childStatus;
    }
  }

  /** An id in a workflow of somebody's own may look like the path of a step. */
  #pathIn({ type }: RunStatus): StreamPath {
    if (isPipelineType(type)) return parseStreamPath(this.#step, this.#index);
    return [{ step: this.#step, ...(this.#index !== undefined && { index: this.#index }) }];
  }

  /** Throws where nothing can come. */
  async #mayCome(run: StreamRun, request: StreamRequest, { type, closedAt }: RunStatus): Promise<void> {
    const { workflowId } = run;
    const name = run === this.#root ? 'this run' : workflowId;
    const hasSteps = type === WORKFLOW_TYPES.pipeline || type === WORKFLOW_TYPES.nested;
    if (hasSteps && !this.#checked.has(workflowId)) {
      const steps = (await run.steps().catch(orSilence(closedAt !== undefined))) ?? [];
      if (steps.length > 0 && !steps.includes(request.step)) {
        throw new InvalidInput(
          'step',
          `is none of ${name}: there is no "${request.step}" (known: ${steps.join(', ')})`,
        );
      }
      if (steps.length > 0) this.#checked.add(workflowId);
    }
    if (closedAt === undefined) return;
    throw new InvalidInput(
      'step',
      `names no stream of ${name}: no job "${requestText(request)}" ran with "stream: events"`,
    );
  }
}

function textOf(path: StreamPath, depth: number): string {
  return path
    .slice(0, depth + 1)
    .map(requestText)
    .join('.');
}

async function noStep(nested: StreamRun, name: string): Promise<InvalidInput> {
  const steps = await nested.steps().catch(() => []);
  const known = steps.map((step) => `${name}.${step}`).join(', ');
  return new InvalidInput('step', `names a pipeline: name a step of it (${known || `${name}.STEP`})`);
}

/** While the run goes on, a worker that does not answer may come back; a handler that is not there is one that was not needed yet. */
export function orSilence(isClosed: boolean): (error: unknown) => undefined {
  return (error) => {
    if (error instanceof QueryNotRegisteredError) return undefined;
    if (error instanceof NoWorker && !isClosed) return undefined;
    throw error;
  };
}

/** A child is known to its parent a moment before it is there. */
function orNotYet({ closedAt }: RunStatus): (error: unknown) => undefined {
  return (error) => {
    if (error instanceof RunNotFound && closedAt === undefined) return undefined;
    throw error;
  };
}
