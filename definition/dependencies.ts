import { parseExpression } from './references.js';

/** What can be told of the variables of expressions before anything runs. */
export interface Known {
  readonly input: boolean;
  /** The steps of which all is known. */
  readonly steps: { has(name: string): boolean };
  /** `$item` and `$index`, where they exist at all. */
  readonly items: boolean;
  /** The steps that `$steps` as a whole stands for; absent: all there are. */
  readonly needs?: readonly string[];
}

/** Functions that yield something else at each call. */
const CHANGING: readonly string[] = ['now', 'millis', 'random', 'shuffle'];

/** What an expression waits for, as it writes it (`$steps.draw`, `$now`). Empty: it can be evaluated now. */
export function dependenciesOf(source: string, known: Known): readonly string[] {
  const parsed = parseExpression(source);
  if (!parsed.ok) return [];
  const { steps, computed, variables } = parsed.references;
  const open = [...(known.input ? [] : ['input']), ...(known.items ? [] : ['item', 'index']), ...['run', ...CHANGING]];
  const named = steps.filter(({ step }) => !known.steps.has(step)).map(({ step }) => `$steps.${step}`);
  const whole = computed && !(known.needs?.every((name) => known.steps.has(name)) ?? false);
  return [
    ...new Set([
      ...named,
      ...(whole ? ['$steps'] : []),
      ...open.filter((name) => variables.has(name)).map((name) => `$${name}`),
    ]),
  ];
}
