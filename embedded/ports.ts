import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

export const LOOPBACK = '127.0.0.1';

/** Where something shall listen, and how a user says so. */
export interface PortRequest {
  readonly port: number;
  /** What shall listen there, as in "the emulator". */
  readonly purpose: string;
  /** The option that chooses another port. */
  readonly option: string;
}

/** A port is taken. The message says by which option another is chosen. */
export class PortInUse extends Error {
  override readonly name = 'PortInUse';
  readonly port: number;

  constructor({ port, purpose, option }: PortRequest) {
    super(`Port ${port}, wanted for ${purpose}, is in use: stop what listens there, or choose another with ${option}.`);
    this.port = port;
  }
}

/** The port asked for, or for 0 one that is free now. Throws {@link PortInUse}; holds nothing, so another may still come first. */
export async function claimPort(request: PortRequest): Promise<number> {
  const server = createServer();
  try {
    server.listen(request.port, LOOPBACK);
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') throw new PortInUse(request);
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
