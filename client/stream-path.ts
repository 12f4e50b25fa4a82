import type { StreamRequest } from '../workflows/contract.js';
import { InvalidInput } from './errors.js';

/** Steps from the run that was started down to the one whose stream is read. */
export type StreamPath = readonly [StreamRequest, ...StreamRequest[]];

/**
 * Reads `write`, `write[3]` or, of nested pipelines, `parts[2].write`: a step, and below it one of its pipeline's.
 *
 * @param index of the last step, where it does not stand there
 * @throws {InvalidInput}
 */
export function parseStreamPath(path: string, index?: number): StreamPath {
  const [first = '', ...below] = path.split('.');
  const requests: [StreamRequest, ...StreamRequest[]] = [parseRequest(first), ...below.map(parseRequest)];
  const last = requests.at(-1);
  if (index === undefined || last === undefined) return requests;
  if (last.index !== undefined && last.index !== index) {
    throw new InvalidInput('index', `is ${index}, and the step says ${last.index}`);
  }
  requests[requests.length - 1] = { ...last, index };
  return requests;
}

function parseRequest(text: string): StreamRequest {
  const [, step, index] = /^([^[\]]+)(?:\[(\d+)\])?$/.exec(text) ?? [];
  if (step === undefined) {
    throw new InvalidInput('step', 'is not the path of one: give write, write[3] or, of a nested pipeline, part.write');
  }
  return { step, ...(index !== undefined && { index: Number(index) }) };
}

/** As {@link parseStreamPath} reads it. */
export function requestText({ step, index }: StreamRequest): string {
  return index === undefined ? step : `${step}[${index}]`;
}
