import { ApplicationFailure, type CancellationScope, upsertMemo } from '@temporalio/workflow';
import { OWN_RUN, SETTLEMENT_MEMO, type SearchAttributeName, USAGE_MEMO } from '../contract.js';
import type { Intake, JobPlan } from '../plan.js';
import { rootScope } from '../root-scope.js';
import { setSearchAttributes } from '../search-attributes.js';
import { JobRecord, settlementOf, unsettledHandles } from './job-record.js';
import type { JobOutcome } from './run-job.js';
import { totalUsage } from './usage.js';

/** One job of the run, or several that stand in for one another. */
export interface LedgerEntry {
  /** Begins the ids of its activities. */
  readonly id: string;
  readonly record: JobRecord;
}

/** Temporal takes 1,000; what is left is for the item, the activity and the attempt: `[12345]/submit-3`. */
const ID_MAX_LENGTH = 950;

/**
 * All jobs that one run of somebody's own workflow has had: who looks at the run from outside finds it by the search
 * attributes, and what became of cancelled jobs in its memo, as with the runs of our own workflows.
 */
class RunLedger {
  readonly #ids = new Set<string>();
  readonly #records: JobRecord[] = [];
  readonly #endpoints = new Set<string>();
  #registered: readonly SearchAttributeName[] = [];
  /** Of the last job that named one. */
  #tenant: string | undefined;
  #unnamed = 0;
  #open = 0;
  #saidUnsettled = false;
  #owesSettlement = false;

  /**
   * @throws {ApplicationFailure} `InvalidRequest`: Temporal refuses two open activities of one id, and one whose id is too
   * long, and goes on refusing.
   */
  nameFor(id: string | undefined, kind: string): string {
    const name = id ?? `${kind}-${++this.#unnamed}`;
    if (name.length > ID_MAX_LENGTH) {
      throw ApplicationFailure.nonRetryable(
        `an id has ${name.length} characters; it may have ${ID_MAX_LENGTH}`,
        'InvalidRequest',
      );
    }
    if (this.#ids.has(name)) {
      throw ApplicationFailure.nonRetryable(
        `the id "${name}" was given to an earlier job of this run; ids are unique in a run`,
        'InvalidRequest',
      );
    }
    this.#ids.add(name);
    return name;
  }

  open(id: string): LedgerEntry {
    const record = new JobRecord();
    this.#records.push(record);
    this.#open += 1;
    return { id, record };
  }

  /** Each new endpoint costs an event, a known one nothing. */
  taken({ plan, searchAttributes }: Intake<JobPlan>): void {
    this.#registered = searchAttributes;
    const known = this.#endpoints.size;
    for (const { endpoint } of plan.settings.targets) this.#endpoints.add(endpoint);
    const { tenant } = plan;
    if (this.#endpoints.size === known && (tenant ?? this.#tenant) === this.#tenant) return;
    this.#tenant = tenant ?? this.#tenant;
    setSearchAttributes(
      {
        JobRelayRun: OWN_RUN,
        JobRelayEndpoint: [...this.#endpoints],
        ...(this.#tenant === undefined ? {} : { JobRelayTenant: this.#tenant }),
      },
      searchAttributes,
    );
  }

  /** The memo is written when the last open job has ended: once for a cancel, however many jobs it settles. */
  close({ kind }: JobOutcome): void {
    this.#open -= 1;
    this.#owesSettlement ||= kind === 'cancelled';
    if (this.#open > 0) return;
    if (!this.#saidUnsettled && unsettledHandles(this.#records).length > 0) {
      this.#saidUnsettled = true;
      setSearchAttributes({ JobRelayUnsettled: true }, this.#registered);
    }
    if (this.#tenant !== undefined) upsertMemo({ [USAGE_MEMO]: totalUsage(this.#records) });
    if (!this.#owesSettlement) return;
    this.#owesSettlement = false;
    upsertMemo({ [SETTLEMENT_MEMO]: settlementOf(this.#records) });
  }
}

const ledgers = new WeakMap<CancellationScope, RunLedger>();

/** The ledger of the run that the calling code belongs to. */
export function currentLedger(): RunLedger {
  const root = rootScope();
  let ledger = ledgers.get(root);
  if (ledger === undefined) {
    ledger = new RunLedger();
    ledgers.set(root, ledger);
  }
  return ledger;
}
