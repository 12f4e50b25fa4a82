import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../../client/index.js';
import { type RunFilter, runQuery } from '../../../client/list-runs.js';
import { SEARCH_ATTRIBUTES } from '../../../workflows/contract.js';

const ALL = new Set(Object.keys(SEARCH_ATTRIBUTES));
const NONE = new Set<string>();
const ANY_TYPE = '(WorkflowType IN ("job", "pipeline") OR JobRelayRun = "workflow")';
const ANY_STATUS = 'ExecutionStatus != "ContinuedAsNew"';

describe('the query for runs', () => {
  it.each<[RunFilter, string]>([
    [{}, `${ANY_TYPE} AND ${ANY_STATUS}`],
    [{ tenant: 'acme' }, `${ANY_TYPE} AND ${ANY_STATUS} AND JobRelayTenant = "acme"`],
    [{ type: 'job' }, `WorkflowType = "job" AND ${ANY_STATUS}`],
    [{ type: 'workflow' }, `JobRelayRun = "workflow" AND ${ANY_STATUS}`],
    [{ status: 'timed-out' }, `${ANY_TYPE} AND ExecutionStatus = "TimedOut"`],
    [{ pipeline: "the boats' captions" }, `${ANY_TYPE} AND ${ANY_STATUS} AND JobRelayPipeline = "the boats' captions"`],
    [
      { type: 'pipeline', status: 'cancelled', endpoint: 'sdxl', since: new Date('2026-01-01T00:00:00Z'), limit: 5 },
      'WorkflowType = "pipeline" AND ExecutionStatus = "Canceled" AND JobRelayEndpoint = "sdxl" AND StartTime >= "2026-01-01T00:00:00.000Z"',
    ],
  ])('for %j', (filter, query) => {
    expect(runQuery(filter, ALL)).toBe(query);
  });

  it('names no search attribute that is not registered', () => {
    expect(runQuery({}, NONE)).toBe(`WorkflowType IN ("job", "pipeline") AND ${ANY_STATUS}`);
  });

  it.each(['say "boat"', 'c:\\boats', '" OR WorkflowType = "order'])('is refused for the name %s', (pipeline) => {
    expect(() => runQuery({ pipeline }, ALL)).toThrow('pipeline holds a double quote or a backslash');
  });

  it.each<[RunFilter, string]>([
    [{ type: 'workflow' }, 'JobRelayRun'],
    [{ pipeline: 'captions' }, 'JobRelayPipeline'],
    [{ endpoint: 'sdxl' }, 'JobRelayEndpoint'],
  ])('is refused for %j where the attribute it needs is not registered', (filter, name) => {
    expect(() => runQuery(filter, NONE)).toThrow(InvalidInput);
    expect(() => runQuery(filter, NONE)).toThrow(`has not registered the search attribute ${name}`);
  });
});
