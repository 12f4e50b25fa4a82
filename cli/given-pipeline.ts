import { stat } from 'node:fs/promises';
import path from 'node:path';

/** What stands for a pipeline on a command line, or in a file of schedules. */
export type GivenPipeline =
  | { readonly kind: 'file'; readonly file: string }
  /** Of a definition in the folder of pipelines. */
  | { readonly kind: 'name'; readonly name: string };

/**
 * Tells a file from a name. A file goes before a name, so that a new definition in the folder changes nothing that runs a
 * file; what is neither there nor can be a name is a file, so that its error says so.
 *
 * @param folder what a path is relative to; absent: the working directory
 */
export async function givenPipeline(given: string, folder?: string): Promise<GivenPipeline> {
  const { isPipelineName } = await import('../definition/index.js');
  const file = folder === undefined || path.isAbsolute(given) ? given : path.join(folder, given);
  const isFile = () =>
    stat(file).then(
      (found) => found.isFile(),
      () => false,
    );
  return isPipelineName(given) && !(await isFile()) ? { kind: 'name', name: given } : { kind: 'file', file };
}
