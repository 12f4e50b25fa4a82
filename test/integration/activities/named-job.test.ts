import { expect, test } from 'vitest';
import { findNamedJob } from '../../../activities/named-job.js';
import { SubmitAmbiguous } from '../../../job-api/index.js';
import { jobServer, json, type Respond } from '../job-api/job-server.js';

const NAMED = new SubmitAmbiguous('cut', { job: { jobId: 'j-1' } });
const notFound: Respond = json({ error: 'job not found' }, 404);
const known: Respond = json({ id: 'j-1', status: 'IN_PROGRESS' });

/** Answers in turn; the last one for ever. */
const inTurn = (...answers: readonly Respond[]): Respond => {
  let asked = 0;
  return (response, request) => answers[Math.min(asked++, answers.length - 1)]?.(response, request);
};

test('a job that the provider knows is found', async () => {
  const { api, received } = await jobServer(known);
  expect(await findNamedJob(api, 'ep', NAMED)).toMatchObject({ jobId: 'j-1', status: 'IN_PROGRESS' });
  expect(received.map(({ url }) => url)).toEqual(['/v2/ep/status/j-1']);
});

test('it is asked of the endpoint that the answer names', async () => {
  const { api, received } = await jobServer(known);
  const named = new SubmitAmbiguous('cut', { job: { jobId: 'j-1', endpointId: 'chosen' } });
  expect(await findNamedJob(api, 'ep', named)).toMatchObject({ jobId: 'j-1', endpointId: 'chosen' });
  expect(received.map(({ url }) => url)).toEqual(['/v2/chosen/status/j-1']);
});

test('a provider that has not caught up, or does not answer, is asked again', async () => {
  const { api } = await jobServer(inTurn(notFound, json({ error: 'busy' }, 503), known));
  expect(await findNamedJob(api, 'ep', NAMED, 60_000)).toMatchObject({ jobId: 'j-1' });
});

test('a job that the provider does not know is none', async () => {
  const { api, received } = await jobServer(notFound);
  expect(await findNamedJob(api, 'ep', NAMED, 0)).toBeUndefined();
  expect(received).toHaveLength(1);
});

test('a provider that lets nobody in is not asked for ever', async () => {
  const { api, received } = await jobServer(json({ error: 'unauthorized' }, 401));
  expect(await findNamedJob(api, 'ep', NAMED, 60_000)).toBeUndefined();
  expect(received).toHaveLength(1);
});

test('where no job is named, nobody is asked', async () => {
  const { api, received } = await jobServer(known);
  expect(await findNamedJob(api, 'ep', new SubmitAmbiguous('lost'))).toBeUndefined();
  expect(received).toEqual([]);
});
