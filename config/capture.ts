/** What results are fetched and kept before they expire, as `jobrelay.yaml` says it. */
import { z } from 'zod';
import { closedObject, type Problem } from './closed-object.js';
import type { CaptureConfig, EndpointConfig } from './config.js';

const HOST = /^(\*\.)?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?$|^\[[0-9A-Fa-f:.]+\](:\d{1,5})?$/;
const DEFAULT_MAX_MIB = 512;

const hosts = z.array(
  z.string().regex(HOST, 'must be a host like cdn.example.com or *.example.com, without https:// and path'),
);

/** Of the file: where results may be fetched from. */
export const captureSchema = closedObject({
  hosts: hosts.optional().meta({
    description: 'Hosts that results come from: a name, or *.name for all below it, with a port where it is unusual.',
    examples: [['cdn.example.com', '*.r2.cloudflarestorage.com']],
  }),
  insecureHosts: hosts.optional().meta({
    description: 'Hosts that may be reached by http, and at addresses of private networks or of this machine.',
    examples: [['minio.studio.internal:9000']],
  }),
  maxMiB: z.number().gt(0).max(1_048_576).optional().meta({
    description: 'The most that one file may have, in MiB.',
    default: DEFAULT_MAX_MIB,
  }),
}).transform(
  ({ hosts = [], insecureHosts = [], maxMiB = DEFAULT_MAX_MIB }): CaptureConfig => ({
    hosts,
    insecureHosts,
    maxBytes: Math.floor(maxMiB * 1024 * 1024),
  }),
);

/** Of an alias, or one entry of it: where in the outputs of its jobs the URLs stand. */
export const capturePathsSchema = z
  .array(
    z
      .string()
      .regex(/^output(\.(\*|[^.\s*]+))*$/, 'must be a path like output.image or output.images.*.url, with * for all')
      .meta({ title: 'path' }),
  )
  .min(1);

/** Endpoints that capture where no host is allowed: each of their jobs would fail after it was paid for. */
export function problemsOfCapture(
  endpoints: Readonly<Record<string, EndpointConfig>>,
  capture: CaptureConfig | undefined,
): readonly Problem[] {
  if (capture !== undefined && capture.hosts.length + capture.insecureHosts.length > 0) return [];
  const message = 'needs the hosts that its results come from: write capture: { hosts: [cdn.example.com] }';
  return Object.values(endpoints).flatMap(({ alias, capture: paths, use }) => [
    ...(paths === undefined ? [] : [{ path: ['endpoints', alias, 'capture'], message }]),
    ...use.flatMap((entry, index) =>
      entry.capture === undefined ? [] : [{ path: ['endpoints', alias, 'use', index, 'capture'], message }],
    ),
  ]);
}
