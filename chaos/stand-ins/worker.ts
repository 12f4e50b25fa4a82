/** A worker for the hand-written workflows, and the receiver of their webhooks, in a process of its own. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { type Child, serveAsChild, startChild } from '../world/child.js';
import * as activities from './activities.js';
import { ENDED_SIGNAL, type EndedSignal, type HookToken } from './contract.js';
import type { CalledJob } from './job-calls.js';

export const STAND_IN_QUEUE = 'stand-ins';

export interface StandInWorkerOptions {
  readonly temporal: string;
  /** Path of the bundle of the workflows. */
  readonly bundle: string;
}

const FILE = fileURLToPath(import.meta.url);

/** Its `ready` is the port on which it receives webhooks. */
export function startStandInWorker(options: StandInWorkerOptions, log: number): Promise<Child> {
  return startChild(FILE, options, log);
}

/** Once for all starts of the worker: it takes a second. */
export async function bundleStandIns(): Promise<string> {
  const workflowsPath = fileURLToPath(new URL('./workflows.js', import.meta.url));
  return (await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') })).code;
}

/** Passes each webhook on to the run that its token names. What fails is answered with 500, so that the provider tries again. */
async function receive(client: Client): Promise<number> {
  const server = createServer(async (request, response) => {
    try {
      const token = request.url?.split('/').at(-1) ?? '';
      const { workflowId, key } = JSON.parse(Buffer.from(token, 'base64url').toString()) as HookToken;
      const { id, status } = (await json(request)) as CalledJob;
      const signal: EndedSignal = { key, id, status };
      await client.workflow.getHandle(workflowId).signal(ENDED_SIGNAL, signal);
      response.writeHead(200).end();
    } catch {
      response.writeHead(500).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

await serveAsChild(FILE, async ({ temporal: address, bundle }: StandInWorkerOptions) => {
  Runtime.install({ shutdownSignals: [], logger: new DefaultLogger('WARN') });
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    ...{ connection, taskQueue: STAND_IN_QUEUE, workflowBundle: { codePath: bundle }, activities },
    maxConcurrentActivityTaskExecutions: 500,
    maxCachedWorkflows: 500,
  });
  worker.run().catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
  return await receive(new Client({ connection }));
});
