/**
 * What holds where neither a step, a pipeline, an alias nor `defaults` in jobrelay.yaml says otherwise. Published: a
 * change here changes what existing pipelines do.
 *
 * | setting | default | why |
 * | --- | --- | --- |
 * | timeouts.queue | 5 min | a cold start with a large model takes minutes |
 * | timeouts.run | 10 min | RunPod's own default of `executionTimeout` |
 * | timeouts.total | none | queue and run limits times the retry budgets already bound a job |
 * | retry.platform | 3 | a lost worker says nothing about the job |
 * | retry.queue | 1 | a queue that was too long is seldom short a moment later |
 * | retry.handler | 0 | the same input mostly fails the same way, and is billed again |
 * | retry.backoff | 1 s, doubled to 30 s | what a platform or a handler leans on is seldom back at once, and mostly within a minute |
 * | hedge | off | each is a second job that is billed until it is cancelled |
 * | onAmbiguousSubmit | resubmit | a lost step costs more than a job billed twice; it is counted |
 * | stream | off | most handlers are no generators, and a read of a stream takes its chunks off the provider |
 */
export const DEFAULTS = {
  timeouts: { queueMs: 5 * 60_000, runMs: 10 * 60_000 },
  retry: { platform: 3, queue: 1, handler: 0 },
  backoff: { firstMs: 1_000, maxMs: 30_000 },
  hedge: 'off',
  onAmbiguousSubmit: 'resubmit',
  stream: 'off',
} as const;
