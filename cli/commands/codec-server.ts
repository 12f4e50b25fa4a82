import type { AddCommand } from '../command.js';
import { InputError } from '../errors.js';
import { port } from '../option-types.js';
import { serve } from '../serve.js';

interface CodecServerCommandOptions {
  readonly port: number;
  readonly host: string;
  readonly origin: readonly string[];
}

const EXAMPLE = `
Example:
  JOBRELAY_ENCRYPTION_KEYS=… jobrelay codec-server --origin https://temporal.example.com
  temporal workflow show --workflow-id job:order-17 --codec-endpoint http://127.0.0.1:8081

In the Temporal UI, give its address as that of the codec server: the button with the glasses.
Whoever reaches it reads what is encrypted: let it listen where only you do.`;

/** Of the UI that `dev` and Docker Compose start. */
const OWN_UI = ['http://127.0.0.1:8233', 'http://localhost:8233'];

/** `jobrelay codec-server`: has the Temporal UI, and Temporal's own command line, show what is encrypted. */
export const addCodecServer: AddCommand = (program, act) => {
  program
    .command('codec-server')
    .description('decrypt payloads for the Temporal UI of your browser, with the keys of JOBRELAY_ENCRYPTION_KEYS')
    .option('--port <port>', 'port to listen on; 0 takes any free one', port, 8081)
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .option('--origin <url...>', 'where the UI is, as the browser shows it', OWN_UI)
    .addHelpText('after', EXAMPLE)
    .action((options: CodecServerCommandOptions, command) =>
      act(command, (session) =>
        serve(async () => {
          const { output, process } = session;
          const origins = options.origin.map(originOf);
          const { ENCRYPTION_VARIABLE, EncryptionCodec, parseEncryptionKeys } = await import(
            '../../encryption/index.js'
          );
          const keys = parseEncryptionKeys(process.env[ENCRYPTION_VARIABLE]);
          if (keys === undefined) {
            throw new InputError(
              `${ENCRYPTION_VARIABLE} is not set, so there is nothing to decrypt with: set it to the keys of the workers`,
            );
          }
          const { startCodecServer } = await import('../../encryption/codec-server.js');
          const server = await startCodecServer({ codec: new EncryptionCodec(keys), ...options, origins });
          output.result(
            { ready: true, codecServer: server.url, origins },
            `Codec server at ${server.url}, for the Temporal UI at ${origins.join(', ')}`,
          );
          return { stop: () => server.close() };
        }, session),
      ),
    );
};

/**
 * As a browser writes it: without a path, and without a slash at its end. What is no page of the web has the origin `null`,
 * which any page in a sandboxed frame has too: `localhost:8233` is such an address, of the scheme `localhost`.
 *
 * @throws {InputError}
 */
function originOf(url: string): string {
  const { protocol = '', origin = '' } = URL.canParse(url) ? new URL(url) : {};
  if (protocol === 'http:' || protocol === 'https:') return origin;
  throw new InputError(`--origin ${url} is no address of a page: write it as in http://127.0.0.1:8233`);
}
