import type { AddCommand } from '../command.js';
import { confirm } from '../confirm.js';
import { InputError } from '../errors.js';
import { EXIT_CODES } from '../exit-codes.js';
import type { Session } from '../session.js';
import { type EndpointPlace, onePlaceOf, withJobApi } from './target.js';

const EXAMPLE = `
Example:
  jobrelay endpoint purge runpod/abc123 --yes

Removes what waits, whoever submitted it; jobs that run go on. Runs that wait for a removed job find it cancelled or lost.`;

/** `jobrelay endpoint purge`: empties a queue. */
export const addPurge: AddCommand = (endpoint, act) => {
  endpoint
    .command('purge')
    .description('remove all jobs that wait in the queue of an endpoint; asks first')
    .argument('<endpoint>', 'an alias of jobrelay.yaml or provider/endpointId')
    .option('--yes', 'do not ask')
    .addHelpText('after', EXAMPLE)
    .action((name: string, { yes = false }: { yes?: boolean }, command) =>
      act(command, async (session) => {
        const place = await onePlaceOf(await session.loadConfig(), name);
        return await withJobApi(place, session, async (api) => {
          // What the provider does not have needs no answer of a person.
          if (!yes && !api.unsupported.has('purgeQueue')) {
            const { jobs } = await api.health(place.endpointId).catch(() => ({ jobs: { inQueue: undefined } }));
            if (!(await accepts(place, jobs.inQueue, session))) {
              session.output.result({ endpoint: place.name, removed: 0, asked: 'no' }, 'Nothing was removed.');
              return EXIT_CODES.ok.code;
            }
          }
          const { removed } = await api.purgeQueue(place.endpointId);
          session.output.result(
            { endpoint: place.name, removed },
            `${place.name}: ${removed} ${removed === 1 ? 'job' : 'jobs'} removed from the queue`,
          );
          return EXIT_CODES.ok.code;
        });
      }),
    );
};

/** @throws {InputError} where nobody is there to be asked. */
async function accepts(
  { name, provider }: EndpointPlace,
  waiting: number | undefined,
  { process, output }: Session,
): Promise<boolean> {
  if (output.json || !process.stdin.isTTY || !process.stderr.isTTY) {
    throw new InputError('a purge removes the jobs of everybody who uses the queue: say so with --yes');
  }
  const jobs = waiting === undefined ? 'all jobs' : `${waiting} ${waiting === 1 ? 'job' : 'jobs'}`;
  const shared = provider.dialect === 'gateway' ? " The queue is the gateway's: others' jobs are in it." : '';
  return await confirm(`Remove ${jobs} waiting at ${name}, whoever submitted them?${shared}`, process);
}
