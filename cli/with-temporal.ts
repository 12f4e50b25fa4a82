import { Option } from 'commander';
import type { ArtifactStore } from '../artifacts/index.js';
import { TemporalUnreachable } from '../client/errors.js';
import type { Stack } from '../embedded/index.js';
import { confirm } from './confirm.js';
import { interruptStart } from './interrupt.js';
import { asServerError, startFailure } from './serve.js';
import type { OpenClient, Session } from './session.js';

export interface TemporalChoice {
  readonly embedded?: boolean;
  readonly detach?: boolean;
}

/** A connection, and whether its server ends with this command. */
export interface RunTemporal extends OpenClient {
  readonly embedded: boolean;
}

type Body = (opened: RunTemporal) => Promise<number>;

/** A run that is left alone would end with the stack. */
export function embeddedOption(): Option {
  return new Option(
    '--embedded',
    'where no Temporal answers, start the stack of `dev` on free ports for this run',
  ).conflicts('detach');
}

/**
 * Connects to Temporal for one run. Where none answers, the stack of `dev` is started and stopped around the run if
 * `--embedded` or the person at the terminal says so.
 *
 * @returns the exit code of the body, or that of a signal before it.
 * @throws {TemporalUnreachable | AccessDenied | ServerError}
 */
export async function withTemporal(session: Session, choice: TemporalChoice, body: Body): Promise<number> {
  const store = await session.openStore();
  const opened = await session.openClient(store).catch((error: unknown) => {
    if (error instanceof TemporalUnreachable && !choice.detach) return error;
    throw error;
  });
  if (!(opened instanceof TemporalUnreachable)) return useAndClose({ ...opened, embedded: false }, body);
  if (choice.embedded || (await accepts(opened, session))) return onEmbeddedStack(session, store, body);
  throw new TemporalUnreachable(opened.address, {
    cause: opened,
    reason: opened.reason,
    otherwise: 'have one started for this run with --embedded',
  });
}

async function accepts({ address }: TemporalUnreachable, { process, output, stateDir }: Session): Promise<boolean> {
  if (output.json || !process.stdin.isTTY || !process.stderr.isTTY) return false;
  return confirm(
    `No Temporal server answers at ${address}. Start one for this run, with its state in ${stateDir}?`,
    process,
  );
}

async function onEmbeddedStack(session: Session, store: ArtifactStore, body: Body): Promise<number> {
  const stack = await startEmbedded(session);
  if ('exitCode' in stack) return stack.exitCode;
  try {
    session.output.note(`Web UI ${stack.ui}`);
    const opened = await session.openClient(store, {
      address: stack.temporal,
      namespace: 'default',
      environment: 'ignored',
    });
    const lost = stack.ended.then(
      () => new Promise<never>(() => {}),
      (error: unknown) => Promise.reject(asServerError(error)),
    );
    return await Promise.race([useAndClose({ ...opened, embedded: true }, body), lost]);
  } finally {
    await stack.stop();
  }
}

/** The stack, or the exit code of a signal that came first. */
async function startEmbedded(session: Session): Promise<Stack | { readonly exitCode: number }> {
  const { output, process, stateDir, configFile, taskQueue } = session;
  const interrupt = interruptStart(session);
  try {
    output.note('Starting Temporal, an emulator and a worker for this run');
    const { startStack } = await import('../embedded/index.js');
    return await startStack({
      ...{ stateDir, taskQueue, temporalPort: 0, uiPort: 0, emulatorPort: 0, signal: interrupt.signal },
      ...{ env: process.env, cwd: process.cwd, log: output.log },
      ...(configFile !== undefined && { configFile }),
    });
  } catch (error) {
    const exitCode = interrupt.codeOf(error);
    if (exitCode !== undefined) return { exitCode };
    throw startFailure(error);
  } finally {
    interrupt.dispose();
  }
}

async function useAndClose(opened: RunTemporal, body: Body): Promise<number> {
  try {
    return await body(opened);
  } finally {
    await opened.close();
  }
}
