import type { WorkerDeploymentOptions } from '@temporalio/worker';

/** The release that a worker is of, so that Temporal keeps runs and releases apart (worker versioning). */
export interface Deployment {
  /** What is deployed: the same for all of its releases. */
  readonly name: string;
  /** This release. */
  readonly buildId: string;
  /**
   * `pinned`: a run ends on the release that it began on. `auto-upgrade`: it goes on with the current one. Absent: `pinned`.
   */
  readonly versioning?: Versioning;
}

export const VERSIONINGS = ['pinned', 'auto-upgrade'] as const;
export type Versioning = (typeof VERSIONINGS)[number];

const BEHAVIORS = { pinned: 'PINNED', 'auto-upgrade': 'AUTO_UPGRADE' } as const;

/** For both workers: what a run has on the one, its jobs are awaited by on the other. */
export function deploymentOptions({ name, buildId, versioning = 'pinned' }: Deployment): WorkerDeploymentOptions {
  return {
    version: { deploymentName: name, buildId },
    useWorkerVersioning: true,
    defaultVersioningBehavior: BEHAVIORS[versioning],
  };
}
