import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What mostly waits, for the server to miss a worker's heartbeat. */
const WAITS = /[\\/]test[\\/]chaos[\\/]/;

/**
 * Spreads the files that wait evenly among those of their project that compute, so that the cores are used while somebody
 * waits: in the usual order, by size, the waits would come together, and nothing beside them.
 */
export default class SpreadWaiting extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const waiting = sorted.filter(({ moduleId }) => WAITS.test(moduleId));
    const project = waiting[0]?.project;
    const others = sorted.filter((file) => file.project !== project);
    const computing = sorted.filter((file) => file.project === project && !waiting.includes(file));
    // The first begins at once, and the last early enough to end with the others.
    const apart = Math.ceil(computing.length / waiting.length);
    const spread = computing.flatMap((file, at) => [...(at % apart === 0 ? waiting.splice(0, 1) : []), file]);
    return [...others, ...spread, ...waiting];
  }
}
