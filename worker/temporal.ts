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
  // A variable that is set to nothing, as by a compose file, is as one that is not set.
  const address = options.address ?? (connectionOptions.address || '127.0.0.1:7233');
  return {
    address,
    namespace: options.namespace ?? (namespace || 'default'),
    connectionOptions: { ...(connectionOptions as NativeConnectionOptions), address },
  };
}

function settings({ environment = 'read' }: TemporalOptions): ReturnType<typeof loadClientConnectConfig> {
  return environment === 'read' ? loadClientConnectConfig() : { connectionOptions: {} };
}

/** Connects, or says where nothing answered, and why as far as the SDK's core tells. */
export async function connect(target: TemporalTarget): Promise<NativeConnection> {
  try {
    return await NativeConnection.connect(target.connectionOptions);
  } catch (error) {
    const reason = error instanceof Error ? reasonOf(error.message) : String(error);
    throw new Error(
      `the worker cannot connect to Temporal at ${target.address} (${reason}); start one with "jobrelay dev", or set TEMPORAL_ADDRESS`,
      { cause: error },
    );
  }
}

/** What the core's TLS library, which is stricter than OpenSSL, says of the server's certificate. */
const CERTIFICATE_TROUBLE: readonly (readonly [RegExp, string])[] = [
  [
    /CaUsedAsEndEntity/,
    'the server shows the certificate of an authority as its own: give it one that the authority signed, without CA:TRUE',
  ],
  [
    /UnknownIssuer/,
    "the server's certificate is of an unknown authority: set TEMPORAL_TLS_SERVER_CA_CERT_PATH to that of the authority",
  ],
  [
    /NotValidForName/,
    "the server's certificate is for another name: set TEMPORAL_TLS_SERVER_NAME to one that it is for",
  ],
  [/Expired/, "the server's certificate has expired"],
];

function reasonOf(message: string): string {
  return CERTIFICATE_TROUBLE.find(([pattern]) => pattern.test(message))?.[1] ?? message;
}
