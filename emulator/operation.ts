/** What a client can ask for, in the words of RunPod's paths; the other dialects offer some of it. */
export const OPERATIONS = [
  'run',
  'runsync',
  'status',
  'status-sync',
  'stream',
  'cancel',
  'retry',
  'purge-queue',
  'health',
] as const;

export type Operation = (typeof OPERATIONS)[number];

/** An operation that makes a job. */
export function isSubmit(operation: Operation): boolean {
  return operation === 'run' || operation === 'runsync';
}

/** An operation that names a job. */
export function isOfOneJob(operation: Operation): boolean {
  return !isSubmit(operation) && operation !== 'purge-queue' && operation !== 'health';
}
