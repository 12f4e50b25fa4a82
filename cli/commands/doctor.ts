import { ConfigError } from '../../config/index.js';
import { type Colours, coloursFor } from '../colours.js';
import type { AddCommand } from '../command.js';
import { checkNamed, type Finding } from '../doctor/finding.js';
import { EXIT_CODES } from '../exit-codes.js';
import type { Session } from '../session.js';

const EXAMPLE = `
Example:
  jobrelay doctor --config jobrelay.yaml`;

/** `jobrelay doctor`: what is missing, and what to do about it. */
export const addDoctor: AddCommand = (program, act) => {
  program
    .command('doctor')
    .description(
      'check the configuration, keys, encryption, Temporal, workers, endpoints, webhooks and folders; exit code 1 where one fails',
    )
    .addHelpText('after', EXAMPLE)
    .action((_options, command) =>
      act(command, async (session) => {
        const findings = await examine(session);
        const colours = coloursFor(session.process.stdout);
        const ok = findings.every(({ status }) => status !== 'fail');
        session.output.result(
          { ok, findings },
          findings.map((finding) => describeFinding(finding, colours)).join('\n'),
        );
        return ok ? EXIT_CODES.ok.code : EXIT_CODES.failed.code;
      }),
    );
};

async function examine(session: Session): Promise<Finding[]> {
  const { env } = session.process;
  const machine = await import('../doctor/machine-checks.js');
  const { checkTemporal } = await import('../doctor/temporal-checks.js');
  const { checkEndpoints, checkKeys } = await import('../doctor/provider-checks.js');
  const { checkEncryption } = await import('../doctor/encryption-check.js');
  const { checkWebhooks } = await import('../doctor/webhook-check.js');
  const { checkArtifactServer } = await import('../doctor/artifact-server-check.js');

  const encryption = checkEncryption(env);
  const { ok, fail } = checkNamed('configuration');
  const config = await session.loadConfig().catch((error: unknown) => {
    if (error instanceof ConfigError) return error;
    throw error;
  });
  const configured =
    config instanceof ConfigError
      ? [fail(config.message, 'correct the file; what depends on it was not checked')]
      : [
          ok(config.file ?? 'built-in: no jobrelay.yaml here'),
          ...checkKeys(config, env),
          machine.checkArtifacts(config, env),
          checkEndpoints(config, env),
          checkWebhooks(config, env),
          checkArtifactServer(config, env),
        ];
  const findings = await Promise.all([
    machine.checkNode(process.versions.node),
    ...configured,
    encryption.finding,
    checkTemporal(
      session.temporal,
      session.taskQueue,
      config instanceof ConfigError ? undefined : config.reap,
      encryption.dataConverter,
    ),
    machine.checkTemporalCli(env),
  ]);
  return findings.flat();
}

const SIGNS = { ok: ['green', 'ok  '], warn: ['yellow', 'warn'], fail: ['red', 'FAIL'] } as const;

function describeFinding({ check, status, message, remedy }: Finding, colours: Colours): string {
  const [colour, sign] = SIGNS[status];
  return `${colours[colour](sign)}  ${check}: ${message}${remedy === undefined ? '' : `\n      -> ${remedy}`}`;
}
