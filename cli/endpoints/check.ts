import { setTimeout as delay } from 'node:timers/promises';
import { Option } from 'commander';
import type {
  ConformanceOptions,
  ConformanceReport,
  ConformanceResult,
  Verdict,
} from '../../testing/conformance/index.js';
import { type Colours, coloursFor } from '../colours.js';
import type { AddCommand } from '../command.js';
import { confirm } from '../confirm.js';
import { InputError } from '../errors.js';
import { EXIT_CODES } from '../exit-codes.js';
import { interruptStart } from '../interrupt.js';
import { duration, port } from '../option-types.js';
import { readInput } from '../read-input.js';
import type { Session } from '../session.js';
import { type EndpointPlace, keyOf, onePlaceOf } from './target.js';

interface CheckOptions {
  readonly input: string;
  readonly slowInput?: string;
  readonly failingInput?: string;
  readonly generatorInput?: string;
  readonly model?: string;
  readonly webhookUrl?: string;
  readonly webhookPort?: number;
  readonly patience: number;
  readonly patient?: boolean;
  readonly largeBodies?: boolean;
  readonly purge?: boolean;
  readonly yes?: boolean;
}

const EXAMPLE = `
Example:
  jobrelay endpoint check local/echo --input '{"text": "a"}'
  jobrelay endpoint check runpod/abc123 --input @quick.json --slow-input @slow.json --yes

Submits about a dozen jobs, which cost what such jobs cost; those that do not end by themselves are cancelled. What has no
input of its own is not checked, and the table says so. Exit code 1 where something differs that JobRelay relies on.`;

/** `jobrelay endpoint check`: whether a deployment is what its dialect says. */
export const addCheck: AddCommand = (endpoint, act) => {
  endpoint
    .command('check')
    .description("check by jobs whether an endpoint does what its provider's dialect says; costs what they cost")
    .argument('<endpoint>', 'an alias of jobrelay.yaml or provider/endpointId')
    .requiredOption('--input <json>', 'of a job that soon completes, with an output: JSON, @file, or - for stdin')
    .option('--slow-input <json>', 'of a job that runs for ten seconds at least: for cancel and long polls')
    .option('--failing-input <json>', 'of a job whose handler fails: for errors and retry')
    .option('--generator-input <json>', 'of a job whose handler is a generator: for streams')
    .option('--model <name>', 'for gateways that choose the endpoint by model (default: that of the alias)')
    .option('--webhook-url <url>', 'where the provider reaches --webhook-port of this machine: for webhooks')
    .option('--webhook-port <port>', 'port that --webhook-url leads to', port)
    .addOption(
      new Option('--patience <duration>', 'how long a job may take to end').argParser(duration).default(300_000, '5m'),
    )
    .option('--patient', 'wait half an hour, to see how long results are kept')
    .option('--large-bodies', 'send bodies of 10 and 20 MiB, which should be refused')
    .option('--purge', "purge the queue, whoever's jobs are in it")
    .option('--yes', 'do not ask')
    .addHelpText('after', EXAMPLE)
    .action((name: string, options: CheckOptions, command) =>
      act(command, async (session) => {
        const place = await onePlaceOf(await session.loadConfig(), name);
        const suite = await suiteOptions(place, options, session);
        if (!options.yes && !isOnThisMachine(place) && !(await accepts(place, options, session))) {
          session.output.result({ endpoint: place.name, checked: false }, 'Nothing was checked.');
          return EXIT_CODES.ok.code;
        }
        return await check(place, options.patient ? { ...suite, passTime } : suite, session);
      }),
    );
};

type Suite = Omit<ConformanceOptions, 'passTime'> & {
  readonly passTime?: (ms: number, signal: AbortSignal) => Promise<void>;
};

async function passTime(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal });
}

async function check(place: EndpointPlace, { passTime: pass, ...suite }: Suite, session: Session): Promise<number> {
  const { checkConformance } = await import('../../testing/conformance/index.js');
  const { output, process } = session;
  const interrupt = interruptStart(session);
  const colours = coloursFor(process.stdout);
  try {
    const { signal } = interrupt;
    const report = await checkConformance({
      ...suite,
      signal,
      ...(pass && { passTime: (ms: number) => pass(ms, signal) }),
    });
    output.result({ endpoint: place.name, ...report }, describeReport(place, report, colours));
    return report.conforms ? EXIT_CODES.ok.code : EXIT_CODES.failed.code;
  } catch (error) {
    const exitCode = interrupt.codeOf(error);
    if (exitCode !== undefined) return exitCode;
    throw error;
  } finally {
    interrupt.dispose();
  }
}

async function suiteOptions(
  { provider, endpointId, model: modelOfAlias }: EndpointPlace,
  options: CheckOptions,
  { process }: Session,
): Promise<ConformanceOptions> {
  if ((options.webhookUrl === undefined) !== (options.webhookPort === undefined)) {
    throw new InputError('--webhook-url and --webhook-port go together');
  }
  const { webhookUrl, webhookPort, model = modelOfAlias } = options;
  if (webhookUrl !== undefined && !URL.canParse(webhookUrl)) throw new InputError('--webhook-url is no URL');
  const sample = async (argument: string | undefined) =>
    argument === undefined ? undefined : { input: await readInput(argument, process) };
  const slow = await sample(options.slowInput);
  const failing = await sample(options.failingInput);
  const generator = await sample(options.generatorInput);
  return {
    provider,
    apiKey: keyOf(provider, process.env),
    endpointId,
    samples: {
      quick: { input: await readInput(options.input, process) },
      ...(slow && { slow }),
      ...(failing && { failing }),
      ...(generator && { generator }),
    },
    ...(model !== undefined && { model }),
    ...(webhookUrl !== undefined &&
      webhookPort !== undefined && { webhook: { publicUrl: webhookUrl, port: webhookPort } }),
    patienceMs: options.patience,
    ownsQueue: options.purge ?? false,
    largeBodies: options.largeBodies ?? false,
  };
}

/** @throws {InputError} where nobody is there to be asked. */
async function accepts(
  { name }: EndpointPlace,
  { purge }: CheckOptions,
  { process, output }: Session,
): Promise<boolean> {
  if (output.json || !process.stdin.isTTY || !process.stderr.isTTY) {
    throw new InputError(`the check submits about a dozen jobs to ${name}, which cost money: say so with --yes`);
  }
  const also = purge ? ' It also removes all jobs that wait there.' : '';
  return await confirm(`Submit about a dozen jobs to ${name}? They cost what such jobs cost.${also}`, process);
}

function isOnThisMachine({ provider }: EndpointPlace): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(provider.baseUrl).hostname);
}

const SIGNS = {
  ok: ['green', 'ok'],
  differs: ['red', 'DIFFERS'],
  'not-there': ['yellow', 'not there'],
  'not-checked': ['dim', 'not checked'],
} as const satisfies Readonly<Record<Verdict, readonly [keyof Colours, string]>>;

const SIGN_WIDTH = Math.max(...Object.values(SIGNS).map(([, sign]) => sign.length));

function describeReport(
  { name }: EndpointPlace,
  { dialect, results, jobs }: ConformanceReport,
  colours: Colours,
): string {
  const widest = Math.max(...results.map(({ check }) => check.length));
  const line = ({ check, verdict, what, detail }: ConformanceResult) => {
    const [colour, sign] = SIGNS[verdict];
    const shown = `${colours[colour](sign.padEnd(SIGN_WIDTH))}  ${check.padEnd(widest)}  ${what}`;
    return detail === undefined ? shown : `${shown}\n${' '.repeat(SIGN_WIDTH + widest + 4)}-> ${detail}`;
  };
  const count = (verdict: Verdict) => results.filter((result) => result.verdict === verdict).length;
  return [
    `${name}, by the dialect ${dialect}:`,
    ...results.map(line),
    `${count('ok')} ok, ${count('differs')} differ, ${count('not-there')} not there, ${count('not-checked')} not checked; ${jobs} jobs were submitted`,
  ].join('\n');
}
