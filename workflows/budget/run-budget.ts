import type { BudgetInput, BudgetUse } from '../budget-contract.js';
import {
  type Account,
  type Allowance,
  addAllowance,
  addSpent,
  freeIn,
  givenBack,
  grantOf,
  hasRoom,
  holdsUnused,
  isUsedUp,
  mayGiveBack,
  NOTHING_SPENT,
  type PartAccount,
  reservedBy,
  type Spent,
  totalSpent,
  useOf,
} from './account.js';
import type { BudgetGranted, BudgetPart, BudgetTold } from './messages.js';
import { Outbox } from './outbox.js';

/** A workflow within that shares the budget. */
interface Part {
  readonly account: PartAccount;
  readonly handed: Allowance;
  /** How often it was asked to give back what it does not need, and how often it has. */
  readonly recalls: number;
  readonly followed: number;
  /** Submits that wait there. */
  readonly need: number;
}

/** Who waits for room: a job of this workflow, or the workflow within of that id. */
type Waiter = { granted?: boolean } | string;

/** Says something of the budget to another workflow. Rejects where that is gone. */
export type Tell<Message> = (message: Message) => Promise<void>;

export interface BudgetSurroundings {
  /** Resolves once the condition holds; rejects where the work around is cancelled. */
  wait(condition: () => boolean): Promise<void>;
  /** To the workflow around; absent of a run that holds the whole. */
  tellAround?: Tell<Omit<BudgetTold, 'workflowId'>>;
}

/**
 * The budget of a run, or the part of it that a workflow within holds. Jobs take from it before their submit. Where it has
 * no room, a part asks the one around; the whole recalls what parts hold and do not need, and is used up when there is no
 * such thing: from then on nobody is granted anything.
 */
export class RunBudget {
  readonly #whole: BudgetInput;
  /** Absent of the whole. */
  readonly #around: Outbox | undefined;
  readonly #parts = new Map<string, Part>();
  readonly #outboxes = new Map<string, Outbox>();
  #waiting: readonly Waiter[] = [];
  #own: Spent = NOTHING_SPENT;
  /** Since its start, as all that is told. */
  #granted: Allowance;
  #returned: Allowance = { jobs: 0, costUsd: 0 };
  /** Submits that the one around was asked for, and has not answered yet. */
  #asked = 0;
  /** Recalls by the one around, and those that were followed. */
  #recalls = 0;
  #followed = 0;
  #usedUp: BudgetUse | undefined;

  readonly #wait: BudgetSurroundings['wait'];

  constructor({ whole, granted }: BudgetPart, { wait, tellAround }: BudgetSurroundings) {
    this.#whole = whole;
    this.#granted = granted;
    this.#wait = wait;
    this.#around = tellAround && new Outbox(() => tellAround(this.#told()));
  }

  /** By jobs of this workflow and of those within, as far as they have told. */
  get spent(): Spent {
    return totalSpent(this.#account);
  }

  /** How far the budget of the run is used; of a part, before that is known, what the part has used. */
  get use(): BudgetUse {
    return (this.#around && this.#usedUp) ?? useOf(this.#whole, this.spent);
  }

  /** Room for one submit, if it is there at once. Whoever takes it and makes no job gives it back. */
  tryTake(): boolean {
    if (this.#usedUp !== undefined || this.#waiting.length > 0 || !hasRoom(freeIn(this.#account))) return false;
    this.#own = addSpent(this.#own, { jobs: 1, costUsd: 0 });
    return true;
  }

  /** The same, waiting for it. False: the budget is used up. Rejects where the work around is cancelled. */
  async take(): Promise<boolean> {
    if (this.tryTake()) return true;
    const waiter: { granted?: boolean } = {};
    this.#waiting = [...this.#waiting, waiter];
    this.#serve();
    try {
      if (waiter.granted === undefined) await this.#wait(() => waiter.granted !== undefined);
      return waiter.granted === true;
    } catch (error) {
      this.#waiting = this.#waiting.filter((other) => other !== waiter);
      if (waiter.granted) this.giveBack();
      throw error;
    }
  }

  /** Of a submit that certainly made no job. */
  giveBack(): void {
    this.#own = addSpent(this.#own, { jobs: -1, costUsd: 0 });
    this.#serve();
  }

  /** A job has ended, and cost so much; absent: nobody knows. */
  spend(costUsd: number | undefined): void {
    this.#own = addSpent(this.#own, { jobs: 0, ...(costUsd === undefined ? {} : { costUsd }) });
    this.#tellOverspent();
  }

  /**
   * Hands a part to a workflow that is about to start.
   *
   * @param need submits that it is known to make
   */
  share(workflowId: string, need: number, tell: Tell<BudgetGranted>): BudgetPart {
    const granted = grantOf(this.#account, need);
    const account: PartAccount = { granted, spent: NOTHING_SPENT, ended: false };
    this.#parts.set(workflowId, { account, handed: granted, recalls: 0, followed: 0, need: 0 });
    this.#outboxes.set(workflowId, new Outbox(() => tell(this.#grantedTo(workflowId))));
    return { whole: this.#whole, granted };
  }

  /** What one within tells; from anyone else it changes nothing. */
  heard({ workflowId, spent, returned, need, recalls }: BudgetTold): void {
    const { account, handed } = this.#parts.get(workflowId) ?? {};
    if (account === undefined || handed === undefined || account.ended) return;
    this.#change(workflowId, {
      account: { ...account, spent, granted: addAllowance(handed, returned, -1) },
      followed: recalls,
      need,
    });
    const others = this.#waiting.filter((waiter) => waiter !== workflowId);
    this.#waiting = need === 0 ? others : this.#waiting.includes(workflowId) ? this.#waiting : [...others, workflowId];
    this.#serve();
    this.#follow();
    this.#tellOverspent();
  }

  /**
   * One within has ended.
   *
   * @param spent absent where it could not tell: all that it held is taken to be spent
   */
  ended(workflowId: string, spent?: Spent): void {
    const part = this.#parts.get(workflowId);
    if (part === undefined) return;
    const account = { ...part.account, spent: spent ?? reservedBy(part.account), ended: true };
    this.#change(workflowId, { account, need: 0 });
    this.#waiting = this.#waiting.filter((waiter) => waiter !== workflowId);
    this.#serve();
    this.#follow();
    this.#tellOverspent();
  }

  /** What the one around says. */
  granted({ granted, recalls, usedUp }: BudgetGranted): void {
    if (!isSame(granted, this.#granted)) this.#asked = 0;
    this.#granted = granted;
    if (usedUp !== undefined) this.#end(usedUp);
    this.#serve();
    if (recalls <= this.#recalls) return;
    this.#recalls = recalls;
    for (const [workflowId, { account }] of this.#parts) if (holdsUnused(account)) this.#recall(workflowId);
    this.#follow();
  }

  get #account(): Account {
    return {
      granted: addAllowance(this.#granted, this.#returned, -1),
      own: this.#own,
      parts: [...this.#parts.values()].map(({ account }) => account),
    };
  }

  /** Serves those who wait, in their order, as far as there is room. */
  #serve(): void {
    if (this.#usedUp !== undefined) this.#end(this.#usedUp);
    for (;;) {
      const [first, ...others] = this.#waiting;
      if (first === undefined) return;
      if (!hasRoom(freeIn(this.#account))) {
        this.#seek();
        return;
      }
      this.#waiting = others;
      if (typeof first === 'string') this.#grant(first);
      else {
        this.#own = addSpent(this.#own, { jobs: 1, costUsd: 0 });
        first.granted = true;
      }
    }
  }

  #grant(workflowId: string): void {
    const part = this.#parts.get(workflowId);
    if (part === undefined) return;
    const more = grantOf(this.#account, part.need, part.handed);
    const account = { ...part.account, granted: addAllowance(part.account.granted, more) };
    this.#change(workflowId, { account, handed: addAllowance(part.handed, more), need: 0 });
    this.#outboxes.get(workflowId)?.post();
  }

  /** There is no room: the one around may have some, or one within that has more than it needs. */
  #seek(): void {
    if (this.#around !== undefined) {
      if (this.#need > this.#asked) this.#around.post();
      return;
    }
    if (isUsedUp(this.#account)) this.#end(useOf(this.#whole, this.spent));
    else this.#recallFromAll();
  }

  /** Of what is used up here, what is held by others. */
  #recallFromAll(): void {
    const free = freeIn(this.#account);
    for (const [workflowId, { account }] of this.#parts) if (mayGiveBack(account, free)) this.#recall(workflowId);
  }

  /** More was spent than was held here, by jobs that were under way: others must not go by what they hold. */
  #tellOverspent(): void {
    const { costUsd = 0 } = freeIn(this.#account);
    if (costUsd >= 0) return;
    if (this.#around === undefined) this.#recallFromAll();
    else this.#around.post();
  }

  #recall(workflowId: string): void {
    const part = this.#parts.get(workflowId);
    if (part === undefined || part.recalls > part.followed) return;
    this.#change(workflowId, { recalls: part.recalls + 1 });
    this.#outboxes.get(workflowId)?.post();
  }

  /** Gives back what it was asked for, once those within have. */
  #follow(): void {
    const parts = [...this.#parts.values()];
    if (this.#recalls === this.#followed) return;
    if (parts.some(({ account, recalls, followed }) => !account.ended && recalls > followed)) return;
    this.#followed = this.#recalls;
    this.#returned = addAllowance(this.#returned, givenBack(freeIn(this.#account)));
    this.#around?.post();
  }

  /** Nobody is granted anything any more. */
  #end(usedUp: BudgetUse): void {
    this.#usedUp = usedUp;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const waiter of waiting) {
      if (typeof waiter === 'string') this.#outboxes.get(waiter)?.post();
      else waiter.granted = false;
    }
  }

  get #need(): number {
    return this.#waiting.reduce(
      (sum, waiter) => sum + (typeof waiter === 'string' ? (this.#parts.get(waiter)?.need ?? 0) : 1),
      0,
    );
  }

  #change(workflowId: string, change: Partial<Part>): void {
    const part = this.#parts.get(workflowId);
    if (part !== undefined) this.#parts.set(workflowId, { ...part, ...change });
  }

  #told(): Omit<BudgetTold, 'workflowId'> {
    this.#asked = this.#need;
    return {
      spent: this.spent,
      returned: this.#returned,
      need: this.#asked,
      recalls: this.#followed,
    };
  }

  #grantedTo(workflowId: string): BudgetGranted {
    const { handed = {}, recalls = 0 } = this.#parts.get(workflowId) ?? {};
    return { granted: handed, recalls, ...(this.#usedUp === undefined ? {} : { usedUp: this.#usedUp }) };
  }
}

function isSame(a: Allowance, b: Allowance): boolean {
  return a.jobs === b.jobs && a.costUsd === b.costUsd;
}
