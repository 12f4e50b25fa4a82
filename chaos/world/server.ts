/** Temporal's dev server on a database of its own, which survives what is done to the server. */
import { setTimeout as delay } from 'node:timers/promises';
import { type DevServer, startDevServer } from '../../embedded/dev-server.js';
import { SEARCH_ATTRIBUTES } from '../../workflows/contract.js';

export interface TemporalServer {
  readonly address: string;
  readonly port: number;
  /** kill -9, and a start on the same port and database after `downMs`. Resolves when it answers again. */
  kill(downMs: number): Promise<void>;
  stop(): Promise<void>;
}

const TYPES = { KEYWORD: 'Keyword', KEYWORD_LIST: 'KeywordList', BOOL: 'Bool' } as const;

export async function startTemporalServer(cliPath: string, dbFile: string): Promise<TemporalServer> {
  const searchAttributes = Object.fromEntries(
    Object.entries(SEARCH_ATTRIBUTES).map(([name, type]) => [name, TYPES[type]]),
  );
  const start = (port: number) => startDevServer({ cliPath, dbFile, port, searchAttributes });
  let server: DevServer = await start(0);
  let turn = Promise.resolve();
  const { address } = server;
  const port = Number(address.split(':').at(-1));
  return {
    address,
    port,
    kill(downMs) {
      turn = turn.then(async () => {
        process.kill(server.pid, 'SIGKILL');
        await server.ended;
        await delay(downMs);
        server = await start(port);
      });
      return turn;
    },
    async stop() {
      await turn.catch(() => undefined);
      await server.stop();
    },
  };
}
