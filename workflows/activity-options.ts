/**
 * The options of every activity, in one table, with the reason beside each. The cancellation type is always said in
 * words: the SDK's real default is TRY_CANCEL, not what its documentation says. So is the queue: `own` is that of the
 * workflow, `await` the one beside it.
 */
import { ActivityCancellationType, type ActivityOptions, type LocalActivityOptions } from '@temporalio/workflow';
import type { Activities } from '../activities/contract.js';

const { TRY_CANCEL, WAIT_CANCELLATION_COMPLETED } = ActivityCancellationType;

type LocalActivity = 'intake' | 'evaluate' | 'openSlice' | 'storeResults';
export type RemoteActivity = Exclude<keyof Activities, LocalActivity>;

/** How long a job that is no longer wanted is watched to its end. */
export const CANCEL_BUDGET_MS = 30_000;
/** How long after the ttl a job is still asked for: our own outages count too. */
export const AWAIT_MARGIN_MS = 3_600_000;

export const ACTIVITY_OPTIONS = {
  submitJob: {
    queue: 'own',
    // A cancel while the POST is on its way must wait for the answer: with TRY_CANCEL the handle is lost, and the job with it.
    cancellationType: WAIT_CANCELLATION_COMPLETED,
    // One POST of at most 30 s, an artifact download before it, a moment with a quick job, room for all.
    startToCloseTimeout: '90s',
    // Heartbeats are acknowledged at each phase; a dead worker is noticed in 10 s.
    heartbeatTimeout: '10s',
    retry: {
      // Refused requests only; a provider that is down is tried until the run's own limit ends it.
      initialInterval: '1s',
      backoffCoefficient: 1.5,
      maximumInterval: '10s',
      // The workflow reads the phase from the last heartbeat and decides. Retried by the server, a submit that was
      // under way would wait in backoff, where a cancel closes it without telling that a job may exist.
      nonRetryableErrorTypes: ['TemporalTimeout:Heartbeat', 'TemporalTimeout:StartToClose'],
    },
  },
  awaitJob: {
    queue: 'await',
    // The workflow settles the job itself and need not wait for the next heartbeat of an activity that only reads.
    cancellationType: TRY_CANCEL,
    // One window of 60 s, and the last read of it.
    startToCloseTimeout: '120s',
    // One update on the server in 24 s for each waiting job; also the lag with which a terminated run is noticed.
    heartbeatTimeout: '30s',
    // Each window ends with `nextRetryDelay`, which does not reset the exponent: with the default coefficient one real
    // failure after six windows would wait 64 s.
    retry: { initialInterval: '1s', backoffCoefficient: 1 },
    // scheduleToClose is given for each job: what is left of its ttl, and an hour.
  },
  streamJob: {
    queue: 'await',
    // As awaitJob: nobody wants the rest of the stream of a job that is cancelled.
    cancellationType: TRY_CANCEL,
    // One window of 60 s, its last reads, and the making of an output of all that was read.
    startToCloseTimeout: '10m',
    heartbeatTimeout: '30s',
    retry: { initialInterval: '1s', backoffCoefficient: 1 },
    // scheduleToClose as awaitJob.
  },
  cancelJob: {
    queue: 'own',
    // Called in a non-cancellable scope: the run closes when the job was seen to end, not before.
    cancellationType: WAIT_CANCELLATION_COMPLETED,
    startToCloseTimeout: '60s',
    heartbeatTimeout: '10s',
    // No scheduleToClose: an outage of ours must not spend the budget.
    // It counts its attempts itself, six of them: waits for a turn within the provider's limits are none. This bounds what
    // fails before it can count.
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '10s', maximumAttempts: 300 },
  },
  runJobSync: {
    queue: 'await',
    cancellationType: WAIT_CANCELLATION_COMPLETED,
    // The provider holds the request for up to 300 s.
    startToCloseTimeout: '330s',
    heartbeatTimeout: '10s',
    // It has no id until it answers, so nothing tells a lost answer from a lost request: never repeated.
    retry: { maximumAttempts: 1 },
  },
  getJobStatus: {
    queue: 'own',
    cancellationType: TRY_CANCEL,
    startToCloseTimeout: '30s',
    scheduleToCloseTimeout: '2m',
  },
  getEndpointHealth: {
    queue: 'own',
    cancellationType: TRY_CANCEL,
    startToCloseTimeout: '30s',
    scheduleToCloseTimeout: '2m',
  },
  gather: {
    queue: 'own',
    cancellationType: TRY_CANCEL,
    // Up to a hundred reads and two writes of the store; too long for a local activity where that is remote.
    startToCloseTimeout: '2m',
  },
  retryJob: {
    queue: 'own',
    cancellationType: WAIT_CANCELLATION_COMPLETED,
    startToCloseTimeout: '30s',
    // A repeat could run the job once more.
    retry: { maximumAttempts: 1 },
  },
  purgeQueue: {
    queue: 'own',
    cancellationType: WAIT_CANCELLATION_COMPLETED,
    startToCloseTimeout: '30s',
    // A repeat could remove jobs that were submitted since.
    retry: { maximumAttempts: 1 },
  },
  findUnsettled: {
    queue: 'own',
    cancellationType: TRY_CANCEL,
    // Some thirty counts and a list.
    startToCloseTimeout: '2m',
    // Where its worker dies, the jobs of terminated runs wait for the next attempt.
    heartbeatTimeout: '10s',
    // What visibility cannot tell now it is asked by the next pass, from the same place on.
    scheduleToCloseTimeout: '15m',
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' },
  },
  settleRun: {
    queue: 'own',
    // A pass that is cancelled has no use for what comes of it, and whoever stopped it wants it to stop.
    cancellationType: TRY_CANCEL,
    // A history of 50 MiB to read, and up to thousands of jobs within the provider's limits.
    startToCloseTimeout: '15m',
    heartbeatTimeout: '10s',
    // The next pass looks at the run again; one that cannot be read must not hold up this one.
    scheduleToCloseTimeout: '30m',
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s', maximumAttempts: 6 },
  },
} as const satisfies Record<RemoteActivity, Omit<ActivityOptions, 'taskQueue'> & { readonly queue: 'own' | 'await' }>;

/**
 * Short and without side effects that matter: 4 ms and one event, against 28 ms and six of a regular activity. What is
 * wrong with an input or an expression is final at once; what is tried again is a busy machine, or a store that is away,
 * and neither should fail a run that has paid for its jobs.
 */
export const LOCAL_ACTIVITY_OPTIONS: LocalActivityOptions = {
  cancellationType: TRY_CANCEL,
  startToCloseTimeout: '10s',
  scheduleToCloseTimeout: '10m',
  retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '20s' },
};
