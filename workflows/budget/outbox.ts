/** Sends one message at a time, each with what is known when it leaves. */
export class Outbox {
  readonly #send: () => Promise<void>;
  #due = false;
  #sending = false;

  constructor(send: () => Promise<void>) {
    this.#send = send;
  }

  post(): void {
    this.#due = true;
    if (!this.#sending) void this.#work();
  }

  async #work(): Promise<void> {
    this.#sending = true;
    while (this.#due) {
      this.#due = false;
      try {
        await this.#send();
      } catch {
        // It is gone: one around takes this workflow with it, and one within is told of by its end.
      }
    }
    this.#sending = false;
  }
}
