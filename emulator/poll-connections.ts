import type { Socket } from 'node:net';

/**
 * The connections on which a worker asks for jobs and for stop signals. Their peer is the worker's main process alone, so
 * that they end with it, however it ends.
 */
export class PollConnections {
  readonly #open = new Set<Socket>();
  #lastWasCut = false;

  /** True once the peer has closed the last of them. One that this side closed, for idleness, proves nothing. */
  get areCut(): boolean {
    return this.#open.size === 0 && this.#lastWasCut;
  }

  add(socket: Socket): void {
    if (this.#open.has(socket)) return;
    this.#open.add(socket);
    let ended = false;
    socket.once('end', () => {
      ended = true;
    });
    socket.once('close', (hadError) => {
      this.#open.delete(socket);
      this.#lastWasCut = ended || hadError;
    });
  }
}
