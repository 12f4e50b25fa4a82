import { InvalidArgumentError } from 'commander';
import { parseTime, TIME_EXPECTED } from '../client/schedules/time.js';
import { InvalidDuration, parseDuration, parseListenAddress } from '../config/index.js';
import type { Surface } from '../emulator/index.js';

const SURFACES: readonly Surface[] = ['chat', 'images', 'embeddings', 'transcribe'];

/** Parsers of option values; what they throw, commander puts behind the option's name. */

/** A TCP port; 0 takes any free one. */
export function port(value: string): number {
  return integer(value, 0, 65_535, 'a port is a number from 0 (any free one) to 65535');
}

/** Where a server listens. */
export function listenAddress(value: string): { readonly host: string; readonly port: number } {
  const address = parseListenAddress(/^\d+$/.test(value) ? `127.0.0.1:${value}` : value);
  if (address !== undefined && address.port > 0) return address;
  throw new InvalidArgumentError('give an address and a port, such as 127.0.0.1:9464, or a port alone');
}

/** How many more jobs. */
export function retries(value: string): number {
  return integer(value, 0, 100, 'give a number from 0 to 100');
}

/** How many jobs beside one that is slow. */
export function hedges(value: string): number {
  return integer(value, 1, 5, 'give a number from 1 to 5');
}

/** How many things to show. */
export function limit(value: string): number {
  return integer(value, 1, 10_000, 'give a number from 1 to 10000');
}

/** The place of an item. */
export function itemIndex(value: string): number {
  return integer(value, 0, 9_999, 'give the place of an item, counted from 0');
}

/** A step whose stream is followed, such as `write`, of a `forEach` `write[3]`, of a nested pipeline `parts[2].write`. */
export function followedStep(value: string): { readonly step: string; readonly index?: number } {
  const [, step, index] = /^((?:[^[\]]+\[\d{1,4}\]\.)*[^[\]]+)(?:\[(\d{1,4})\])?$/.exec(value) ?? [];
  if (step === undefined)
    throw new InvalidArgumentError(
      'give a step, of a forEach with its item, below a nested pipeline with the steps around it: write, write[3], parts[2].write',
    );
  return { step, ...(index !== undefined && { index: Number(index) }) };
}

/** A place in a stream. */
export function offset(value: string): number {
  return integer(value, 0, Number.MAX_SAFE_INTEGER, 'give the offset of an event, counted from 0');
}

/** Milliseconds of a duration. */
export function duration(value: string): number {
  try {
    return parseDuration(/^\d+$/.test(value) ? Number(value) : value);
  } catch (error) {
    throw error instanceof InvalidDuration ? new InvalidArgumentError(error.message) : error;
  }
}

/** `images=draw`, gathered into one object. */
export function surface(value: string, before: Partial<Record<Surface, string>>): Partial<Record<Surface, string>> {
  const [, name, endpoint] = /^([^=]+)=(.+)$/.exec(value) ?? [];
  const known = SURFACES.find((one) => one === name);
  if (!known || !endpoint) {
    throw new InvalidArgumentError(`give a surface (${SURFACES.join(', ')}) and its endpoint, such as images=draw`);
  }
  return { ...before, [known]: endpoint };
}

function integer(value: string, min: number, max: number, message: string): number {
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= min && number <= max)) throw new InvalidArgumentError(message);
  return number;
}

/** Ten years: Temporal keeps runs for as long as the namespace says. */
const MAX_SINCE_MS = 3_650 * 24 * 3_600_000;

/** A while ago, or a time. */
export function since(value: string): Date {
  const time = parseTime(value) ?? timeBefore(value);
  if (time === undefined) throw new InvalidArgumentError(`give a duration like 2h, or ${TIME_EXPECTED}`);
  return time;
}

function timeBefore(value: string): Date | undefined {
  try {
    return new Date(Date.now() - parseDuration(value, MAX_SINCE_MS));
  } catch (error) {
    if (error instanceof InvalidDuration) return undefined;
    throw error;
  }
}
