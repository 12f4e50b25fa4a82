import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection, type NativeConnectionOptions } from '@temporalio/worker';

/** Where Temporal is. What is given here wins over the standard variables and `temporal.toml`. */
export interface TemporalOptions {
  readonly address?: string;
  readonly namespace?: string;
  /** `ignored` for a server started here: it speaks neither TLS nor keys, whatever the variables say of another. Default `read`. */
  readonly environment?: 'read' | 'ignored';
}

export interface TemporalTarget {
  readonly address: string;
  readonly namespace: string;
  readonly connectionOptions: NativeConnectionOptions;
}

/** Reads `TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`, the TLS variables and the profile, the standard way. */
export function temporalTarget(options: TemporalOptions = {}): TemporalTarget {
  const { connectionOptions, namespace } = settings(options);
  const address = options.address ?? connectionOptions.address ?? '127.0.0.1:7233';
  return {
    address,
    namespace: options.namespace ?? namespace ?? 'default',
    connectionOptions: { ...(connectionOptions as NativeConnectionOptions), address },
  };
}

function settings({ environment = 'read' }: TemporalOptions): ReturnType<typeof loadClientConnectConfig> {
  return environment === 'read' ? loadClientConnectConfig() : { connectionOptions: {} };
}

/** Connects, or says where nothing answered. */
export async function connect(target: TemporalTarget): Promise<NativeConnection> {
  try {
    return await NativeConnection.connect(target.connectionOptions);
  } catch (error) {
    throw new Error(
      `no Temporal server answers at ${target.address}; start one with "jobrelay dev", or set TEMPORAL_ADDRESS`,
      { cause: error },
    );
  }
}
