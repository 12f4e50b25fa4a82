import { isGrpcServiceError } from '@temporalio/client';
import type { TemporalConnection } from '../client/connect.js';
import type { Deployment, Versioning } from '../worker/deployment.js';
import { InputError } from './errors.js';

export interface DeploymentChoice {
  readonly deployment?: string;
  readonly buildId?: string;
  readonly versioning?: Versioning;
}

/** As Temporal's worker controller for Kubernetes sets them. */
const NAME_VARIABLE = 'TEMPORAL_DEPLOYMENT_NAME';
const BUILD_ID_VARIABLE = 'TEMPORAL_WORKER_BUILD_ID';
const NOT_FOUND = 5;

/**
 * The release that the options or the environment name; undefined where neither does.
 *
 * @throws {InputError} where one half is missing
 */
export function chosenDeployment(
  { deployment, buildId, versioning }: DeploymentChoice,
  env: Readonly<Record<string, string | undefined>>,
): Deployment | undefined {
  const name = deployment ?? (env[NAME_VARIABLE] || undefined);
  const build = buildId ?? (env[BUILD_ID_VARIABLE] || undefined);
  if (name !== undefined && build !== undefined) {
    return { name, buildId: build, ...(versioning !== undefined && { versioning }) };
  }
  if (name !== undefined)
    throw new InputError(`--deployment needs --build-id (or ${BUILD_ID_VARIABLE}): which release this is`);
  if (build !== undefined)
    throw new InputError(`--build-id needs --deployment (or ${NAME_VARIABLE}): of what it is a release`);
  if (versioning !== undefined) throw new InputError('--versioning needs --deployment and --build-id');
  return undefined;
}

/** Whether Temporal gives new runs to this release. One that it has not seen yet is none. */
export async function isCurrent(
  { connection, namespace }: TemporalConnection,
  { name, buildId }: Deployment,
): Promise<boolean> {
  try {
    const { workerDeploymentInfo } = await connection.workflowService.describeWorkerDeployment({
      namespace,
      deploymentName: name,
    });
    return workerDeploymentInfo?.routingConfig?.currentDeploymentVersion?.buildId === buildId;
  } catch (error) {
    if (isGrpcServiceError(error) && error.code === NOT_FOUND) return false;
    throw error;
  }
}

/** What the operator does next. */
export function howToMakeCurrent({ name, buildId }: Deployment): string {
  return `temporal worker deployment set-current-version --deployment-name ${name} --build-id ${buildId}`;
}
