import type { RemoteJob, RunRecord } from './accounting/evidence.js';
import type { RecordedRun } from './accounting/history.js';
import type { PlannedRun } from './plan/load.js';
import type { Fleet } from './world/fleet.js';
import type { Gate } from './world/gate.js';

/** What is judged: the runs and jobs of one way of running them. */
export interface Judged {
  readonly name: string;
  /** Its endpoints at the provider: the jobs there are its own. */
  readonly endpoints: readonly string[];
  /** Ids of its runs, where those of others have jobs there too. */
  readonly runs?: ReadonlySet<string>;
  /** What its runs have on record, of these jobs. `recorded`: all that Temporal has. */
  records(recorded: readonly RecordedRun[], jobs: readonly RemoteJob[]): Promise<readonly RunRecord[]>;
}

/** One way of running the load: JobRelay, or what people do without it. A column of the table. */
export interface Lane extends Judged {
  /** What it is, in a sentence or two, for who reads the table. */
  readonly about: string;
  /** Whether its numbers have to be 0: it is JobRelay, and no stand-in. */
  readonly isProven: boolean;
  /** Begins a run; resolves when it is under way. */
  start(run: PlannedRun): Promise<void>;
  /** Ends it from outside, as planned. */
  end(run: PlannedRun): Promise<void>;
}

/** Lanes with the processes that they share. */
export interface StaffedLanes {
  readonly lanes: readonly Lane[];
  readonly fleet: Fleet;
  /** Through which the provider reaches them; absent where it does not. */
  readonly hooks?: Gate;
}
