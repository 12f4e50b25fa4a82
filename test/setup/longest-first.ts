import { relative, sep } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { LONG_FILES } from './long-files.js';

/** What mostly waits, for the server to miss a worker's heartbeat. */
const WAITS = /^test\/chaos\//;
/** Of a file that is not among the long ones. */
const USUAL_SECONDS = 3;

/**
 * Begins with the files that take longest, so that none is left to end alone, and spreads those that mostly wait among
 * those that compute, so that the cores are used meanwhile. The usual order, where nothing is known of an earlier run, is by
 * the size of the files, which says little of their times.
 */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const usual = await super.sort(files);
    // Those first whose files have a process each: it ends with its file, where the others share theirs.
    const projects = [...new Set(usual.map(({ project }) => project))].sort(
      (a, b) => Number(b.config.isolate) - Number(a.config.isolate),
    );
    return projects.flatMap((project) => spread(usual.filter((file) => file.project === project)));
  }
}

function spread(files: readonly TestSpecification[]): TestSpecification[] {
  const sorted = files.toSorted((a, b) => secondsOf(b) - secondsOf(a));
  const waiting = sorted.filter(waits);
  const computing = sorted.filter((file) => !waits(file));
  const order: TestSpecification[] = [];
  // One that waits at a time, beside two that compute, for as long as there are such.
  let waitedFor = 0;
  let computedFor = 0;
  while (waiting.length > 0 && computing.length > 0) {
    const turn = waitedFor <= computedFor / 2 ? waiting : computing;
    const seconds = secondsOf(turn[0]);
    if (turn === waiting) waitedFor += seconds;
    else computedFor += seconds;
    order.push(...turn.splice(0, 1));
  }
  return [...order, ...waiting, ...computing];
}

const waits = (file: TestSpecification) => WAITS.test(nameOf(file));
const secondsOf = (file: TestSpecification | undefined) => (file && LONG_FILES[nameOf(file)]) ?? USUAL_SECONDS;

/** From the root of the repository, as everywhere. */
function nameOf({ moduleId, project }: TestSpecification): string {
  return relative(project.config.root, moduleId).split(sep).join('/');
}
