/** One submit of a job: what a webhook is about. */
export interface SubmitKey {
  readonly workflowId: string;
  readonly runId: string;
  /** Id of the activity that submitted it. */
  readonly submit: string;
}

/** What the activities ask of the receiver of webhooks. */
export interface JobWebhooks {
  /** Between two reads of a job whose webhook has not come. */
  readonly backstopMs: number;
  /** The address for the provider. It is a secret of the submit: it enters no result, heartbeat or log. */
  urlFor(key: SubmitKey): string;
  /**
   * Calls back each time a webhook of this submit comes to this process.
   *
   * @returns stops that
   */
  onArrival(key: SubmitKey, arrived: () => void): () => void;
}
