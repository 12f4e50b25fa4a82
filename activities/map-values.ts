import { formatPath } from '../config/index.js';
import { type ExpressionEngine, expressionsIn, fillTemplate } from '../definition/index.js';
import type { JsonValue } from '../job-api/json.js';
import type { Target, Template } from '../workflows/plan.js';

/** A mapping of jobrelay.yaml that this value does not go through. */
export class MappingFailed extends Error {
  override readonly name = 'MappingFailed';
  readonly type = 'ExpressionFailed';
}

/** Which mapping it is. */
export interface MappingPlace extends Pick<Target, 'endpoint' | 'provider' | 'endpointId'> {
  readonly direction: 'input' | 'output';
}

/**
 * Fills a mapping of an alias with the value that its expressions read.
 *
 * @throws {MappingFailed} naming alias and entry, where an expression fails or yields nothing
 */
export async function mapValue(
  template: Template,
  value: JsonValue,
  place: MappingPlace,
  engine: ExpressionEngine,
): Promise<JsonValue> {
  const expressions = expressionsIn(template, [place.direction]);
  if (expressions.length === 0) return template;
  const { values, failure } = await engine.evaluateBatch({
    expressions: expressions.map(({ source }) => source),
    bindings: { [place.direction]: value },
  });
  const pathAt = (at: number | undefined) => formatPath(expressions[at ?? 0]?.path ?? [place.direction]);
  if (failure !== undefined) throw mappingFailed(place, `${pathAt(failure.at)}: ${failure.message}`);
  let at = 0;
  return fillTemplate(template, () => {
    const filled = values[at];
    if (filled === undefined) throw mappingFailed(place, `${pathAt(at)}: the expression yields nothing`);
    at += 1;
    return filled;
  });
}

/** `the mapping of the input of "whisper" for studio/transcribe fails: input.file_url: …` */
export function mappingFailed({ direction, endpoint, provider, endpointId }: MappingPlace, why: string): MappingFailed {
  return new MappingFailed(
    `the mapping of the ${direction} of "${endpoint}" for ${provider}/${endpointId} in jobrelay.yaml fails: ${why}`,
  );
}
