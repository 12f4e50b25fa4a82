/** What the tables of docs/job-apis.md can't say. */

export const HEAD = `# Job APIs

What each kind of provider is asked, what it answers, and what it does not have. The tables are made by \`npm run schemas\` from the code that asks and reads: do not edit. A
provider's \`dialect\` in [jobrelay.yaml](configuration.md) chooses between them; paths, verbs and the header of the key can be [overridden](configuration.md#providers-that-deviate).
Whether an endpoint does what is said here, [\`jobrelay endpoint check\`](endpoints.md) finds out.

- \`runpod\`: RunPod serverless, as documented and as seen live.
- \`submodel\`: SubModel. Its documents and its two SDKs contradict each other, and nothing was seen live: what the documents say is sent, and what any of the three expects is read.
- \`gateway\`: a gateway that resells RunPod endpoints under \`/v1/runpod/{surface}\`. An endpoint is \`surface\` (\`chat\`, \`images\`, \`embeddings\` or \`transcribe\`), where the
  gateway chooses one by its maps or by the job's \`model\`, or \`surface/endpointId\`.
`;

export const NOTES = `## What else to know

**Where a job is, on a gateway.** Only the submit knows which endpoint the gateway chose, and its answer's \`x-runpod-endpoint-id\` says so. It becomes a part of the job's handle
(\`images/abc\`), and every later request names it as \`?endpointId=\`: a read by the surface alone would ask whatever the maps say by then.

**A gateway takes objects.** Of an input that is a text, a number or a list it would make the whole body the input, policy and webhook included. Such a submit is refused before it is
sent: wrap the value in an object, as with an [input mapping](configuration.md#providers-that-do-not-agree).

**A refused key** is final, but not on a gateway, which also answers 401 while it can't reach what knows the keys: a submit is tried again for a minute (it certainly made no job), and
jobs that are under way are followed and cancelled whatever the key's fate. A 401 that RunPod gave the gateway is not the caller's, and the message says so.

**Statuses** are read in any case. \`RUNNING\` is \`IN_PROGRESS\`; one that is not known is \`UNKNOWN\`, and waiting goes on under the job's limits. \`output\` before the end is a report of
progress. A job that has ended has ended: what a later answer says of it does not count.

**A job's answers in the words of RunPod's SDK**, \`started\`, \`completed\` (it has ended, in whatever way) and \`succeeded\`, are on every job that the client of
[\`jobrelay/job-api\`](architecture.md) returns.

**Streams** are read as an envelope or as a bare list, which says nothing of the end: a status read does. Chunks are kept whole, with what stands beside their \`output\`, such as
\`metrics\`. A read takes the chunks off the provider.

**Time.** \`timeoutMs\` of a call is how long this side waits for the whole answer (30 s for a submit, 10 s for a read, beyond a \`waitMs\`), and ends nothing at the provider. How long a
job may run and live there is \`policy.executionTimeoutMs\` and \`policy.ttlMs\`; both are brought within what the provider takes, 5 s (10 s) to 7 days. \`waitMs\` is brought within 1 to 300 s.
\`?ttl=\` is never sent with a status read: it would shorten how long the result is kept.

**Webhooks.** \`webhook\` is RunPod's own on all three. A gateway's \`webhook_url\` is not used: it calls once, and only after somebody asked it for the status.

**A gateway's answers to status reads** are up to 2 s old, and all operations of a key share one budget: 300 requests a minute, 20,000 a day. Its queue is shared too: \`purgeQueue\` of a
surface removes what others have in it.

## What has no activity

- The OpenAI-compatible path (\`/openai/v1/…\`): a call there has no job id, so nothing could follow it, settle it or find it again. Use an OpenAI client with the provider's base URL; its
  requests count against the endpoint's own limit for that path (2,000 in 10 s, 400 at once).
- \`/requests\` (10 in 10 s, 2 at once): no published answer; the runs themselves are the record.
- Batches of RunPod (beta), SubModel's \`metrics\` and \`models\`.
`;
