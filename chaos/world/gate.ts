/** A TCP proxy that can be shut, in the ways in which networks fail, and that can hold bytes at a point of interest. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** `to`: towards the server. */
export type Direction = 'to' | 'from';

export interface GateOptions {
  /** Where the server listens, on 127.0.0.1; asked for each connection. Undefined: nowhere. */
  readonly port: () => number | undefined;
  /**
   * Told of each chunk before it is passed on, with what is new for each connection. `hold`: from this chunk on nothing
   * passes in its direction, on any connection, until it is released.
   */
  readonly watch?: (connection: object, chunk: Buffer, direction: Direction) => 'pass' | 'hold';
}

export interface Gate {
  readonly port: number;
  hold(direction: Direction): void;
  /** Bytes that were held go on their way. */
  release(): void;
  /** `refuse`: connections break and none is accepted. `silence`: nothing passes, and nothing says so. */
  cut(how: 'refuse' | 'silence'): Promise<void>;
  /** Connections of before the cut stay broken. */
  mend(): Promise<void>;
  /** Breaks all connections, as the end of a process on one side does. */
  drop(): void;
  close(): Promise<void>;
}

export async function openGate({ port: target, watch = () => 'pass' }: GateOptions): Promise<Gate> {
  const held = new Set<Direction>();
  const connections = new Set<Connection>();
  const server = createServer((client) => {
    const port = target();
    if (port === undefined) client.resetAndDestroy();
    else connections.add(new Connection(client, port));
  });

  class Connection {
    readonly #client: Socket;
    readonly #server: Socket;
    readonly #waiting: { readonly direction: Direction; readonly chunk: Buffer }[] = [];

    constructor(client: Socket, port: number) {
      this.#client = client;
      this.#server = connect({ port, host: '127.0.0.1', noDelay: true });
      client.setNoDelay(true);
      for (const [socket, direction] of [
        [client, 'to'],
        [this.#server, 'from'],
      ] as const) {
        socket.on('data', (chunk: Buffer) => this.#take(chunk, direction));
        socket.on('error', () => this.drop());
        socket.on('close', () => this.drop());
      }
    }

    #take(chunk: Buffer, direction: Direction): void {
      if (watch(this, chunk, direction) === 'hold') held.add(direction);
      if (held.has(direction)) this.#waiting.push({ direction, chunk });
      else this.#pass(chunk, direction);
    }

    #pass(chunk: Buffer, direction: Direction): void {
      (direction === 'to' ? this.#server : this.#client).write(chunk);
    }

    release(): void {
      for (const { chunk, direction } of this.#waiting.splice(0)) this.#pass(chunk, direction);
    }

    drop(): void {
      connections.delete(this);
      this.#client.destroy();
      this.#server.destroy();
    }
  }

  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const drop = () => {
    for (const connection of [...connections]) connection.drop();
  };
  return {
    port,
    hold: (direction) => void held.add(direction),
    release() {
      held.clear();
      for (const connection of connections) connection.release();
    },
    async cut(how) {
      if (how === 'silence') {
        held.add('to').add('from');
        return;
      }
      const closed = once(server, 'close');
      server.close();
      drop();
      await closed;
    },
    async mend() {
      held.clear();
      drop();
      if (!server.listening) await listen(port);
    },
    drop,
    async close() {
      drop();
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}
