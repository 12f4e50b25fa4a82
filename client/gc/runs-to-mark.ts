import type { Client } from '@temporalio/client';

interface RunId {
  readonly workflowId: string;
  readonly runId: string;
}

const NOT_FOUND = 5;

/** The runs of the namespace, of any type: open ones, and those that closed and are retained. None is missed twice. */
export async function* listAllRuns(client: Client, startedSince?: Date): AsyncGenerator<RunId, void> {
  const { workflowService } = client.connection;
  const { namespace } = client.options;
  const query = startedSince === undefined ? '' : `StartTime >= "${startedSince.toISOString()}"`;
  let nextPageToken: Uint8Array | null | undefined;
  do {
    const page = await workflowService.listWorkflowExecutions({
      namespace,
      query,
      pageSize: 1_000,
      ...(nextPageToken && { nextPageToken }),
    });
    for (const { execution } of page.executions ?? []) {
      const { workflowId, runId } = execution ?? {};
      if (workflowId && runId) yield { workflowId, runId };
    }
    nextPageToken = page.nextPageToken;
  } while (nextPageToken?.length);
}

/** All that the server knows of a run, a page of its history at a time; nothing of one that was deleted meanwhile. */
export async function* answersOfRun(client: Client, execution: RunId): AsyncGenerator<unknown, void> {
  const { workflowService } = client.connection;
  const { namespace } = client.options;
  try {
    // What activities under way said last is in no history yet: where a stream is kept, for one.
    yield await workflowService.describeWorkflowExecution({ namespace, execution });
    let nextPageToken: Uint8Array | null | undefined;
    do {
      const page = await workflowService.getWorkflowExecutionHistory({
        ...{ namespace, execution },
        ...(nextPageToken && { nextPageToken }),
      });
      yield page.history;
      nextPageToken = page.nextPageToken;
    } while (nextPageToken?.length);
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== NOT_FOUND) throw error;
  }
}

/** What the schedules of the namespace will start their runs with. */
export async function* answersOfSchedules(client: Client): AsyncGenerator<unknown, void> {
  const { workflowService } = client.connection;
  const { namespace } = client.options;
  let nextPageToken: Uint8Array | null | undefined;
  do {
    const page = await workflowService.listSchedules({
      namespace,
      maximumPageSize: 100,
      ...(nextPageToken && { nextPageToken }),
    });
    for (const { scheduleId } of page.schedules ?? []) {
      if (!scheduleId) continue;
      const answer = await workflowService.describeSchedule({ namespace, scheduleId }).catch((error: unknown) => {
        if ((error as { readonly code?: unknown }).code === NOT_FOUND) return undefined;
        throw error;
      });
      if (answer !== undefined) yield answer;
    }
    nextPageToken = page.nextPageToken;
  } while (nextPageToken?.length);
}
