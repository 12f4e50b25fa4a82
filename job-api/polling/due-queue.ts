/** Something that is due at a time; `place` is the queue's own. */
export interface Due {
  dueAt: number;
  place: number;
}

/** `place` of what is in no queue. */
export const NOWHERE = -1;

/** Due times in order: a binary heap whose items know their places, so that one is moved or taken out without a search. */
export class DueQueue<Item extends Due> {
  readonly #heap: Item[] = [];

  get first(): Item | undefined {
    return this.#heap[0];
  }

  /** Puts an item in, or moves it to its new time. */
  put(item: Item, dueAt: number): void {
    item.dueAt = dueAt;
    if (item.place === NOWHERE) item.place = this.#heap.push(item) - 1;
    this.#up(item);
    this.#down(item);
  }

  /** Does nothing where it is not in the queue. */
  remove(item: Item): void {
    const { place } = item;
    if (place === NOWHERE) return;
    item.place = NOWHERE;
    const last = this.#heap.pop();
    if (last === undefined || last === item) return;
    this.#set(last, place);
    this.#up(last);
    this.#down(last);
  }

  #up(item: Item): void {
    while (item.place > 0) {
      const parent = this.#heap[(item.place - 1) >> 1];
      if (parent === undefined || parent.dueAt <= item.dueAt) return;
      this.#swap(item, parent);
    }
  }

  #down(item: Item): void {
    for (;;) {
      const left = this.#heap[2 * item.place + 1];
      const right = this.#heap[2 * item.place + 2];
      const least = right !== undefined && left !== undefined && right.dueAt < left.dueAt ? right : left;
      if (least === undefined || least.dueAt >= item.dueAt) return;
      this.#swap(least, item);
    }
  }

  #swap(one: Item, other: Item): void {
    const { place } = one;
    this.#set(one, other.place);
    this.#set(other, place);
  }

  #set(item: Item, place: number): void {
    this.#heap[place] = item;
    item.place = place;
  }
}
