/**
 * Where the streams of a run are, for the query that tells readers. It is answered from memory, and a query handler leaves
 * nothing in the history.
 */
import { type CancellationScope, defineQuery, setHandler } from '@temporalio/workflow';
import { STREAM_QUERY, type StreamPlace, type StreamRequest } from '../contract.js';
import { rootScope } from '../root-scope.js';
import { KeptStream } from './kept-stream.js';

/** Items of a `forEach` that a child works off. */
interface Slice {
  readonly step: string;
  /** `$index` of the first. */
  readonly from: number;
  readonly count: number;
  readonly workflowId: string;
}

class StreamPlaces {
  /** By the id that begins the ids of the job's activities. */
  readonly streams = new Map<string, KeptStream>();
  /** Runs of nested pipelines, by their step and item. */
  readonly nested = new Map<string, string>();
  readonly slices: Slice[] = [];

  find(request: StreamRequest): StreamPlace {
    const id = nameOf(request);
    const stream = this.streams.get(id);
    if (stream !== undefined) return stream.place;
    const nested = this.nested.get(id);
    if (nested !== undefined) return { kind: 'nested', workflowId: nested };
    const { step, index } = request;
    if (index === undefined) return { kind: this.#hasItems(step) ? 'items' : 'none' };
    const slice = this.slices.find(
      (each) => each.step === step && index >= each.from && index < each.from + each.count,
    );
    return slice === undefined ? { kind: 'none' } : { kind: 'slice', workflowId: slice.workflowId };
  }

  #hasItems(step: string): boolean {
    const isItem = (id: string) => id.startsWith(`${step}[`);
    return (
      this.slices.some((slice) => slice.step === step) ||
      [...this.streams.keys()].some(isItem) ||
      [...this.nested.keys()].some(isItem)
    );
  }
}

const placesByRun = new WeakMap<CancellationScope, StreamPlaces>();

function places(): StreamPlaces {
  const root = rootScope();
  const known = placesByRun.get(root);
  if (known !== undefined) return known;
  const made = new StreamPlaces();
  placesByRun.set(root, made);
  setHandler(defineQuery<StreamPlace, [StreamRequest]>(STREAM_QUERY), (request) => made.find(request));
  return made;
}

/**
 * Opens the stream of a job.
 *
 * @param id as it begins the ids of the job's activities
 */
export function keepStream(id: string): KeptStream {
  const { streams } = places();
  const stream = streams.get(id) ?? new KeptStream();
  streams.set(id, stream);
  return stream;
}

/** Readers of what is below a step, or an item of it, are sent to the run of its pipeline. */
export function keepNested(of: StreamRequest, workflowId: string): void {
  places().nested.set(nameOf(of), workflowId);
}

/** Readers of these items are sent to the slice. */
export function keepSlice(slice: Slice): void {
  places().slices.push(slice);
}

function nameOf({ step, index }: StreamRequest): string {
  return index === undefined ? step : `${step}[${index}]`;
}
