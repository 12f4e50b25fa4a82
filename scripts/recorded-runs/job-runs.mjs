import { MINUTE } from './emulator.mjs';

export const jobRuns = [
  {
    name: 'job-completed',
    type: 'job',
    input: { endpoint: 'local/echo', input: { prompt: 'a red boat' } },
    ends: 'completed',
  },
  {
    name: 'job-completed-within-its-total-limit',
    type: 'job',
    input: { endpoint: 'local/echo', input: { prompt: 'a red boat' }, timeouts: { total: '1m' } },
    ends: 'completed',
  },
  {
    name: 'job-completed-with-a-stream-for-readers',
    type: 'job',
    input: { endpoint: 'local/count', input: { to: 3, everyMs: 10 }, stream: 'events', timeouts: { total: '1m' } },
    ends: 'completed',
  },
  {
    name: 'job-cancelled-with-a-stream-for-readers',
    type: 'job',
    input: { endpoint: 'local/count', input: { to: 1000, everyMs: 100 }, stream: 'events' },
    cancelWhileRunning: 1,
    ends: 'cancelled',
  },
  {
    name: 'job-completed-after-its-handler-failed',
    type: 'job',
    input: { endpoint: 'local/flaky', input: { mark: 'retried' }, retry: { handler: 1 } },
    ends: 'completed',
  },
  {
    name: 'job-completed-after-its-platform-failed',
    type: 'job',
    input: { endpoint: 'local/evicted', input: { mark: 'evicted' }, retry: { platform: 1 } },
    ends: 'completed',
  },
  {
    name: 'job-completed-on-its-second-endpoint',
    type: 'job',
    input: { endpoint: ['local/nobody', 'local/echo'], input: { prompt: 'a red boat' }, timeouts: { queue: '1s' } },
    ends: 'completed',
  },
  {
    name: 'job-completed-after-a-lost-answer',
    type: 'job',
    input: { endpoint: 'local/lossy', input: { prompt: 'a red boat' } },
    ends: 'completed',
  },
  {
    name: 'job-completed-woken-by-its-webhook',
    type: 'job',
    input: { endpoint: 'local/sleep', input: { ms: 1_500 } },
    webhook: { endpoint: 'sleep', when: 'awaited' },
    ends: 'completed',
  },
  {
    name: 'job-completed-adopted-by-its-webhook',
    type: 'job',
    input: { endpoint: 'local/misheard', input: { prompt: 'a red boat' } },
    webhook: { endpoint: 'misheard', when: 'adopting' },
    ends: 'completed',
  },
  {
    name: 'job-completed-beside-a-duplicate-with-a-webhook',
    type: 'job',
    input: { endpoint: 'local/doubled', input: { prompt: 'a red boat' } },
    webhook: { endpoint: 'doubled', when: 'awaited' },
    ends: 'completed',
  },
  {
    name: 'job-failed',
    type: 'job',
    input: { endpoint: 'local/broken', input: { prompt: 'a red boat' } },
    ends: 'failed',
  },
  {
    name: 'job-failed-at-its-total-limit',
    type: 'job',
    input: { endpoint: 'local/sleep', input: MINUTE, timeouts: { total: '1s' } },
    ends: 'failed',
  },
  {
    name: 'job-failed-for-its-input',
    type: 'job',
    input: { endpoint: 'local/echo', input: { prompt: 'a red boat' }, timeout: '1m' },
    ends: 'failed',
  },
  {
    name: 'job-cancelled',
    type: 'job',
    input: { endpoint: 'local/sleep', input: MINUTE },
    cancelWhileRunning: 1,
    ends: 'cancelled',
  },
];
