/** What a submit costs where nothing else is said. */
const DEFAULT_PRICE_USD = 0.001;

export interface CreditOptions {
  /** What the account has. Default: no end of it. */
  readonly creditUsd?: number;
  /** What each submit reserves. Default 0.001. */
  readonly priceUsd?: number;
}

/** The prepaid credit of the gateway's account: reserved before a submit is handed on, given back where it is refused. */
export class Credit {
  readonly priceUsd: number;
  #balanceUsd: number;

  constructor({ creditUsd = Number.POSITIVE_INFINITY, priceUsd = DEFAULT_PRICE_USD }: CreditOptions) {
    this.priceUsd = priceUsd;
    this.#balanceUsd = creditUsd;
  }

  get balanceUsd(): number {
    return this.#balanceUsd;
  }

  set(balanceUsd: number): void {
    this.#balanceUsd = balanceUsd;
  }

  /** False where there is not enough. */
  reserve(): boolean {
    if (this.#balanceUsd < this.priceUsd) return false;
    this.#balanceUsd -= this.priceUsd;
    return true;
  }

  refund(): void {
    this.#balanceUsd += this.priceUsd;
  }
}
