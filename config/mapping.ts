/** What an entry of an alias's `use` says of a provider whose endpoint takes and returns other shapes than its siblings. */
import jsonata from 'jsonata';
import type { JsonValue } from '../job-api/json.js';
import type { Target } from '../workflows/plan.js';
import type { Problem } from './closed-object.js';
import type { Config, EndpointMapping } from './config.js';
import { isEndpointOf } from './target.js';
import { expressionsIn, holdsDelimiter, MIXED, problemsInTemplate, type TemplateExpression } from './template.js';

/** Variables of pipelines, and of the mapping of the other direction: known, but not here. */
const ELSEWHERE: readonly string[] = ['input', 'output', 'steps', 'run', 'item', 'index'];

/** The mapping of an entry, found by what a run knows of it. An entry that was removed since has none. */
export function mappingOf(
  { endpoints }: Config,
  { endpoint, provider, endpointId }: Pick<Target, 'endpoint' | 'provider' | 'endpointId'>,
): EndpointMapping {
  const alias = Object.hasOwn(endpoints, endpoint) ? endpoints[endpoint] : undefined;
  return alias?.use.find((entry) => entry.provider === provider && isEndpointOf(entry.endpointId, endpointId)) ?? {};
}

/** Where in the outputs of an entry there are URLs to be stored, in what its mapping yields; undefined where nowhere. */
export function capturePathsOf(
  config: Config,
  place: Pick<Target, 'endpoint' | 'provider' | 'endpointId'>,
): readonly string[] | undefined {
  const ofEntry = mappingOf(config, place).capture;
  return (
    ofEntry ?? (Object.hasOwn(config.endpoints, place.endpoint) ? config.endpoints[place.endpoint]?.capture : undefined)
  );
}

/** What is wrong with a mapping, as far as that shows before it is used; `variable` is the one it may read. */
export function problemsOfMapping(template: JsonValue, variable: 'input' | 'output'): readonly Problem[] {
  return [
    ...problemsInTemplate(template),
    ...expressionsIn(template).flatMap((expression) => problemsOfExpression(expression, variable)),
  ];
}

function problemsOfExpression({ path, source }: TemplateExpression, variable: string): readonly Problem[] {
  if (source === '') return [{ path, message: 'the expression is empty' }];
  try {
    const read = variablesIn(jsonata(source).ast());
    return ELSEWHERE.filter((name) => name !== variable && read.has(name)).map((name) => ({
      path,
      message: `$${name} is not known here: a mapping of the ${variable} reads $${variable} alone`,
    }));
  } catch (error) {
    if (holdsDelimiter(source)) return [{ path, message: MIXED }];
    const { message = 'not an expression', position } = error as {
      readonly message?: string;
      readonly position?: number;
    };
    const place = position === undefined ? '' : ` (near character ${position} of ${source.length})`;
    return [{ path, message: `does not parse: ${message}${place}` }];
  }
}

/** Names of all variables in a syntax tree, but those that the expression binds itself. */
function variablesIn(tree: unknown): ReadonlySet<string> {
  const read = new Set<string>();
  const bound = new Set<string>();
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if (Array.isArray(node)) {
      for (const item of node) visit(item);
      return;
    }
    const { type, value, lhs } = node as Readonly<Record<string, unknown>>;
    if (type === 'variable' && typeof value === 'string') read.add(value);
    if (type === 'bind') bound.add(nameOf(lhs));
    if (type === 'lambda')
      for (const argument of (node as { arguments?: unknown[] }).arguments ?? []) bound.add(nameOf(argument));
    for (const part of Object.values(node)) visit(part);
  };
  visit(tree);
  return new Set([...read].filter((name) => !bound.has(name)));
}

function nameOf(node: unknown): string {
  return String((node as { readonly value?: unknown } | undefined)?.value);
}
