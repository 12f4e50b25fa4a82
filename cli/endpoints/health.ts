import { type Config, circuitOf } from '../../config/index.js';
import { canStartNone, type EndpointHealth } from '../../job-api/index.js';
import type { AddCommand } from '../command.js';
import { EXIT_CODES, exitCodeFor } from '../exit-codes.js';
import { tableLines } from '../table.js';
import { type EndpointPlace, placesOf, withJobApi } from './target.js';

const EXAMPLE = `
Example:
  jobrelay endpoint health runpod/abc123
  jobrelay endpoint health whisper          (all that the alias may use)

What it says of circuits follows from these counters alone. A worker also opens one by what it sees of submits and jobs: it
says so in its log, and by jobrelay_circuit_open in its metrics (jobrelay worker --metrics).`;

type Answer =
  | ({
      readonly endpoint: string;
      /** What a worker makes of the counters alone: open, it sends jobs to the next endpoint of their list. */
      readonly circuit: 'open' | 'closed' | 'off';
    } & EndpointHealth)
  | { readonly endpoint: string; readonly error: { readonly code: string; readonly message: string } };

/** `jobrelay endpoint health`: queue and workers. */
export const addHealth: AddCommand = (endpoint, act) => {
  endpoint
    .command('health')
    .description('show the jobs and workers that an endpoint counts')
    .argument('<endpoint>', 'an alias of jobrelay.yaml or provider/endpointId')
    .addHelpText('after', EXAMPLE)
    .action((name: string, _options, command) =>
      act(command, async (session) => {
        const config = await session.loadConfig();
        const places = await placesOf(config, name);
        const ask = places.map((place) => withJobApi(place, session, (api) => api.health(place.endpointId)));
        const asked = await Promise.allSettled(ask);
        const [first] = asked;
        // One endpoint's failure is the command's.
        if (first?.status === 'rejected' && asked.length === 1) throw first.reason;
        const answers = asked.map((settled, index): Answer => {
          const at = { endpoint: places[index]?.name ?? name };
          return settled.status === 'fulfilled'
            ? { ...at, ...settled.value, circuit: circuitBy(settled.value, config, places[index]) }
            : { ...at, error: { code: settled.reason.name, message: settled.reason.message } };
        });
        session.output.result({ endpoints: answers }, describeHealth(answers));
        const failed = asked.find((settled) => settled.status === 'rejected');
        return failed === undefined ? EXIT_CODES.ok.code : exitCodeFor(failed.reason);
      }),
    );
};

function circuitBy(
  health: EndpointHealth,
  config: Config,
  place: EndpointPlace | undefined,
): 'open' | 'closed' | 'off' {
  if (place === undefined || circuitOf(config, place.provider.name, place.endpointId) === undefined) return 'off';
  return canStartNone(health) ? 'open' : 'closed';
}

const JOBS = ['inQueue', 'inProgress', 'completed', 'failed', 'retried'] as const;
const WORKERS = ['running', 'idle', 'ready', 'initializing', 'throttled', 'unhealthy'] as const;

/** A provider that does not count something has a dash there. */
function describeHealth(answers: readonly Answer[]): string {
  const title = (counter: string) => counter.replace(/[A-Z]/g, ' $&').toUpperCase();
  const rows = answers.flatMap((answer) =>
    'error' in answer
      ? []
      : [
          [
            answer.endpoint,
            ...JOBS.map((counter) => String(answer.jobs[counter] ?? '-')),
            ...WORKERS.map((counter) => String(answer.workers[counter] ?? '-')),
          ],
        ],
  );
  const failures = answers.flatMap((answer) =>
    'error' in answer ? [`${answer.endpoint}: ${answer.error.message}`] : [],
  );
  const heads = ['ENDPOINT', ...JOBS.map(title), ...WORKERS.map(title)];
  const open = answers.flatMap((answer) =>
    'error' in answer || answer.circuit !== 'open'
      ? []
      : [`${answer.endpoint}: no worker could start now, so jobs with another endpoint in their list go there`],
  );
  return [...(rows.length === 0 ? [] : tableLines([heads, ...rows])), ...open, ...failures].join('\n');
}
