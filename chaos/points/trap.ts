/** One worker behind two gates, which are shut when the submit of a run is at a point. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Direction, type Gate, openGate } from '../world/gate.js';
import { GrpcMessages } from './grpc-messages.js';
import type { CrashPoint } from './points.js';
import { Exchange, isAwaited } from './traffic.js';

/** The two gates of one worker at a time. */
export interface Trap {
  readonly temporalPort: number;
  readonly providerPort: number;
  /**
   * Begins to wait for the submit of a run to be at a point. Resolves when it is held there, or has ended without coming by it;
   * rejects when `signal` aborts, or where neither happens within two minutes.
   */
  set(point: CrashPoint, run: string, signal: AbortSignal): Promise<Catch>;
  /** Lets everything pass again, and breaks what is connected. */
  open(): void;
  close(): Promise<void>;
}

export type Catch = 'held' | 'went-by';

interface Target {
  readonly point: CrashPoint;
  readonly run: string;
  /** Of its submit, when it was answered. */
  jobId?: string | undefined;
  readonly end: (how: Catch) => void;
}

const REACHED_WITHIN_MS = 120_000;

export async function openTrap(ports: { readonly temporal: number; readonly provider: number }): Promise<Trap> {
  let target: Target | undefined;
  const messages = new WeakMap<object, GrpcMessages>();
  const exchanges = new WeakMap<object, Exchange>();

  const temporal: Gate = await openGate({
    port: () => ports.temporal,
    watch(connection, chunk, direction) {
      if (direction === 'from') return 'pass';
      const reader = messages.get(connection) ?? new GrpcMessages();
      messages.set(connection, reader);
      const sent = reader.take(chunk);
      return target === undefined ? 'pass' : atTemporal(sent, target);
    },
  });
  const provider: Gate = await openGate({
    port: () => ports.provider,
    watch(connection, chunk, direction) {
      const exchange = exchanges.get(connection) ?? new Exchange();
      exchanges.set(connection, exchange);
      exchange.take(chunk, direction);
      return target === undefined ? 'pass' : atProvider(exchange, direction, target);
    },
  });

  function end(how: Catch): void {
    target?.end(how);
    target = undefined;
  }

  function atTemporal(sent: readonly string[], { point: { at }, run }: Target): 'pass' | 'hold' {
    const says = (message: Parameters<typeof isAwaited>[1]) => sent.some((text) => isAwaited(text, message, run));
    if (at.place === 'temporal' && says(at.message)) {
      if (at.held === 'from') temporal.hold('from');
      end('held');
      return at.held === 'to' ? 'hold' : 'pass';
    }
    if (says('result')) end('went-by');
    return 'pass';
  }

  function atProvider(exchange: Exchange, direction: Direction, aim: Target): 'pass' | 'hold' {
    const { at } = aim.point;
    if (at.place !== 'provider') return 'pass';
    return at.asked === 'run' ? atSubmit(exchange, direction, aim, at.held) : atRead(exchange, direction, aim);
  }

  function atSubmit(
    { submit }: Exchange,
    direction: Direction,
    { run }: Target,
    held: 'request' | 'nothing' | 'answer',
  ): 'pass' | 'hold' {
    if (submit === undefined || (direction === 'from') !== (held === 'answer')) return 'pass';
    if (submit.run !== run) {
      // Whose it is stands in its body. That of another run goes on as soon as it shows.
      if (submit.run !== undefined) provider.release();
      return held === 'request' && submit.run === undefined ? 'hold' : 'pass';
    }
    end('held');
    return held === 'nothing' ? 'pass' : 'hold';
  }

  /** Jobs of other runs are read too: of those that were killed before, on the same queue. */
  function atRead({ submit, accepted, read }: Exchange, direction: Direction, aim: Target): 'pass' | 'hold' {
    if (submit?.run === aim.run) aim.jobId ??= accepted;
    if (direction === 'from' || read === undefined || read !== aim.jobId) return 'pass';
    // A submit stays for a moment only. If this process is too busy to kill its worker within it, the result must not get out.
    temporal.hold('to');
    end('held');
    return 'hold';
  }

  return {
    temporalPort: temporal.port,
    providerPort: provider.port,
    async set(point, run, signal) {
      const over = new AbortController();
      const ended = new Promise<Catch>((resolve) => {
        target = { point, run, end: resolve };
      });
      const tooLate = delay(REACHED_WITHIN_MS, undefined, { signal: AbortSignal.any([over.signal, signal]) }).then(
        () => {
          throw new Error(`the submit of ${run} was not at the point "${point.about}" within ${REACHED_WITHIN_MS} ms`);
        },
      );
      return await Promise.race([ended, tooLate]).finally(() => over.abort());
    },
    open() {
      target = undefined;
      for (const gate of [temporal, provider]) {
        gate.drop();
        gate.release();
      }
    },
    async close() {
      await Promise.all([temporal.close(), provider.close()]);
    },
  };
}
