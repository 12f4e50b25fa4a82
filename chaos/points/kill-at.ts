/** One worker behind two gates, killed when the submit of a run is at a point. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Child } from '../world/child.js';
import { type Direction, type Gate, openGate } from '../world/gate.js';
import { GrpcMessages } from './grpc-messages.js';
import { type CrashPoint, isAwaited, Requests, submitIn } from './points.js';

/** The two gates of one worker at a time. */
export interface Trap {
  readonly temporalPort: number;
  readonly providerPort: number;
  /** Begins to wait for the submit of a run to be at a point; resolves when it is held there, rejects when `signal` aborts. */
  set(point: CrashPoint, run: string, signal: AbortSignal): Promise<void>;
  /** Lets everything pass again, and breaks what is connected. */
  open(): void;
  close(): Promise<void>;
}

interface Target {
  readonly point: CrashPoint;
  readonly run: string;
  readonly reached: () => void;
}

const REACHED_WITHIN_MS = 120_000;

export async function openTrap(ports: { readonly temporal: number; readonly provider: number }): Promise<Trap> {
  let target: Target | undefined;
  const messages = new WeakMap<object, GrpcMessages>();
  const requests = new WeakMap<object, Requests>();

  const temporal: Gate = await openGate({
    port: () => ports.temporal,
    watch(connection, chunk, direction) {
      if (direction === 'from') return 'pass';
      const reader = messages.get(connection) ?? new GrpcMessages();
      messages.set(connection, reader);
      const { point, run, reached } = target ?? {};
      const sent = reader.take(chunk);
      if (point?.at.place !== 'temporal' || run === undefined || reached === undefined) return 'pass';
      const { message, held } = point.at;
      if (!sent.some((text) => isAwaited(text, message, run))) return 'pass';
      target = undefined;
      if (held === 'from') temporal.hold('from');
      reached();
      return held === 'to' ? 'hold' : 'pass';
    },
  });
  const provider: Gate = await openGate({
    port: () => ports.provider,
    watch(connection, chunk, direction) {
      const reader = requests.get(connection) ?? new Requests();
      requests.set(connection, reader);
      const request = direction === 'to' ? reader.take(chunk) : reader.current;
      return target?.point.at.place === 'provider' ? atProvider(request, direction, target) : 'pass';
    },
  });

  function atProvider(request: string, direction: Direction, { point, run, reached }: Target): 'pass' | 'hold' {
    const submit = submitIn(request);
    const held = point.at.place === 'provider' ? point.at.held : undefined;
    if (submit === undefined || (direction === 'from') !== (held === 'answer')) return 'pass';
    if (submit.run !== run) {
      // Whose it is stands in its body. That of another run goes on as soon as it shows.
      if (submit.run !== undefined) provider.release();
      return held === 'request' && submit.run === undefined ? 'hold' : 'pass';
    }
    target = undefined;
    reached();
    return held === 'nothing' ? 'pass' : 'hold';
  }

  return {
    temporalPort: temporal.port,
    providerPort: provider.port,
    async set(point, run, signal) {
      const over = new AbortController();
      const held = new Promise<void>((resolve) => {
        target = { point, run, reached: resolve };
      });
      const ended = AbortSignal.any([over.signal, signal]);
      const tooLate = delay(REACHED_WITHIN_MS, undefined, { signal: ended }).then(() => {
        throw new Error(`the submit of ${run} was not at the point "${point.about}" within ${REACHED_WITHIN_MS} ms`);
      });
      tooLate.catch(() => undefined);
      await Promise.race([held, tooLate]).finally(() => over.abort());
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

/** Lets the bytes that were passed on leave this process, then kills. */
export async function killNow(worker: Child): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  worker.signal('SIGKILL');
  await worker.ended;
}
