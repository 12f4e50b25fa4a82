import { type RehydrateOptions, rehydrate } from '../artifacts/index.js';
import { mappingOf } from '../config/index.js';
import { whyNoInput } from '../definition/index.js';
import { InvalidRequest, PayloadTooLarge } from '../job-api/errors.js';
import type { SubmitRequest } from '../job-api/job.js';
import type { JsonValue } from '../job-api/json.js';
import type { Target } from '../workflows/plan.js';
import type { SubmitJobRequest } from './contract.js';
import { withCorrelationKey } from './correlation.js';
import type { ActivityDeps } from './deps.js';
import { largestFields } from './largest-fields.js';
import { mappingFailed, mapValue } from './map-values.js';
import { resolveSecrets } from './secrets.js';

/**
 * The body as the provider gets it: artifacts put back, mapped, secrets filled in, with the key of the submit, measured
 * against the provider's limit.
 *
 * @throws PayloadTooLarge, naming the largest fields; InvalidRequest for a secret that may not be used; MappingFailed
 */
export async function prepareSubmit(
  request: SubmitJobRequest,
  deps: ActivityDeps,
  maxBytes: number,
): Promise<SubmitRequest> {
  const secrets = { allowed: deps.config.secrets, env: deps.env };
  // Secrets while what providers sent is still escaped: a `$secret` in an earlier job's output is data.
  const text = await rehydrate(request.input, deps.store, { what: 'text' });
  // And after the mapping, whose expressions so never see one; it may add one of its own.
  const stored = resolveSecrets(await mapInput(text, request.target, deps), secrets);
  const input = withCorrelationKey(await rehydrate(stored, deps.store, filesOf(request, deps)), request, deps);
  const bytes = Buffer.byteLength(JSON.stringify(input));
  // RunPod answers an oversized body with a 400 text or a 502, neither of which says which field it was.
  if (bytes > maxBytes) {
    throw new PayloadTooLarge(
      `the input for ${request.target.endpoint} is ${bytes} bytes, over the provider's ${maxBytes}; largest: ${largestFields(input)}`,
    );
  }
  return {
    input,
    policy: {
      executionTimeoutMs: request.executionTimeoutMs,
      ttlMs: request.ttlMs,
      ...(request.lowPriority === undefined ? {} : { lowPriority: request.lowPriority }),
    },
    ...(request.s3Config === undefined ? {} : { s3Config: resolveSecrets(request.s3Config, secrets) }),
    ...(request.webhook === undefined ? {} : { webhook: request.webhook }),
    ...(request.target.model === undefined ? {} : { model: request.target.model }),
  };
}

/** How files travel to the endpoint: as their text, or by an address that works as long as the provider knows the job. */
function filesOf({ target, ttlMs }: SubmitJobRequest, { config, store }: ActivityDeps): RehydrateOptions {
  const alias = Object.hasOwn(config.endpoints, target.endpoint) ? config.endpoints[target.endpoint] : undefined;
  if (alias?.rehydrate !== 'url') return {};
  return {
    async file(ref) {
      if (store.presign !== undefined) return store.presign(ref, { expiresInMs: ttlMs });
      throw new InvalidRequest(
        `endpoint ${target.endpoint} takes files by their address, and ${store.location} has none: use artifacts.driver: s3`,
      );
    },
  };
}

/** The input in the shape of the one endpoint, as the alias says. To the expressions a stored file is its reference. */
async function mapInput(given: JsonValue, target: Target, { config, expressions }: ActivityDeps): Promise<JsonValue> {
  const { input: template } = mappingOf(config, target);
  if (template === undefined) return given;
  const place = { ...target, direction: 'input' } as const;
  const mapped = await mapValue(template, given, place, expressions);
  const wrong = whyNoInput(mapped, config.endpoints[target.endpoint]?.allowEmptyInput === true);
  if (wrong !== undefined) throw mappingFailed(place, `what it yields ${wrong}`);
  return mapped;
}
