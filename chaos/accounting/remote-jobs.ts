import type { LedgerEntry } from '../../emulator/index.js';
import type { JobMark } from '../world/provider.js';
import type { RemoteJob } from './evidence.js';

/** The jobs of these endpoints, as the provider's ledger has them. Pure. */
export function remoteJobs(ledger: readonly LedgerEntry[], endpoints: readonly string[]): readonly RemoteJob[] {
  return ledger
    .filter((entry) => endpoints.includes(entry.endpoint))
    .map(({ id, status, acceptedAt, endedAt, input }) => {
      const { run, unit } = input as unknown as JobMark;
      const accepted = Date.parse(acceptedAt);
      // One that was deleted runs no more, whether or not its end was written down.
      const ended = endedAt === null ? (status === 'DELETED' ? accepted : undefined) : Date.parse(endedAt);
      return { id, run, unit, status, acceptedAt: accepted, ...(ended !== undefined && { endedAt: ended }) };
    });
}
