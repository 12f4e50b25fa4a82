/** What the hand-written workflow, its activities and its receiver of webhooks say to each other. Types and names only. */
import type { Unit } from '../plan/load.js';

export interface StandInInput {
  readonly run: string;
  /** Base URL of the endpoint. */
  readonly endpoint: string;
  readonly stages: readonly (readonly Unit[])[];
  /** `webhook`: and by nothing else. */
  readonly waitBy: 'status' | 'webhook';
  /** Where webhooks are received. */
  readonly hooks: string;
}

export const ENDED_SIGNAL = 'ended';

/** What the token in a webhook's address holds, so that whoever receives it knows which run waits. */
export interface HookToken {
  readonly workflowId: string;
  readonly key: string;
}

export interface EndedSignal {
  readonly key: string;
  readonly id: string;
  readonly status: string;
}
