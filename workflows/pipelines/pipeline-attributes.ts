import type { PipelinePlan } from '../plan.js';
import type { SearchAttributeValues } from '../search-attributes.js';

/** What a pipeline is found by: also by the endpoints of those within, which are not listed. */
export function attributesOf(
  { name, tenant, steps }: PipelinePlan,
  type: 'pipeline' | 'nested',
): SearchAttributeValues {
  const endpoints = steps.flatMap(
    ({ job, nested }) => job?.targets.map(({ endpoint }) => endpoint) ?? nested?.endpoints ?? [],
  );
  return {
    JobRelayRun: type,
    JobRelayEndpoint: [...new Set(endpoints)],
    ...(name === undefined ? {} : { JobRelayPipeline: name }),
    ...(tenant === undefined ? {} : { JobRelayTenant: tenant }),
  };
}

/** What is passed on to children. */
export function tenantOf({ tenant }: PipelinePlan): Pick<PipelinePlan, 'tenant'> {
  return tenant === undefined ? {} : { tenant };
}
