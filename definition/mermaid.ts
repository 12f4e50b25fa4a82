import type { PipelinePlan, StepPlan, Template } from '../workflows/plan.js';
import { parseExpression } from './references.js';
import { expressionsIn } from './template.js';

/**
 * The steps as a Mermaid flowchart (mermaid.js.org): a box for a job, a double one for a `forEach`, a round one for a
 * value, a hexagon for an approval, a frame with its own steps for a nested pipeline; arrows lead to what waits. Steps have
 * numbers there, since words such as `end` break a chart.
 */
export function toMermaid({ name, steps, output }: Pick<PipelinePlan, 'name' | 'steps' | 'output'>): string {
  return [
    ...(name === undefined ? [] : ['---', `title: ${JSON.stringify(name)}`, '---']),
    'flowchart TD',
    ...chartLines({ steps, ...(output !== undefined && { output }) }, 's', 'out').map((line) => `  ${line}`),
  ].join('\n');
}

/** @param prefix of the numbers of its steps, which are unique in the chart */
function chartLines(
  { steps, output }: Pick<PipelinePlan, 'steps' | 'output'>,
  prefix: string,
  out: string,
): readonly string[] {
  const ids = new Map(steps.map((step, at) => [step.name, `${prefix}${at + 1}`]));
  const arrows = (to: string, from: readonly string[], sign = '-->') =>
    from.flatMap((needed) => (ids.has(needed) ? [`${ids.get(needed)} ${sign} ${to}`] : []));
  return [
    ...steps.flatMap((step) => stepLines(step, ids.get(step.name) ?? '')),
    ...(output === undefined ? [] : [`${out}([output])`]),
    // Dashed where it may be that nothing goes on.
    ...steps.flatMap((step) =>
      arrows(ids.get(step.name) ?? '', step.needs, step.when === undefined ? '-->' : '-. when .->'),
    ),
    ...(output === undefined ? [] : arrows(out, stepsRead(output))),
  ];
}

function stepLines(step: StepPlan, id: string): readonly string[] {
  const { nested } = step;
  if (nested?.pipeline.kind !== 'compiled') return [`${id}${nodeOf(step)}`];
  const inner = chartLines(nested.pipeline.plan, `${id}_`, `${id}_out`);
  return [`subgraph ${id}[${labelOf(step)}]`, ...inner.map((line) => `  ${line}`), 'end'];
}

function nodeOf(step: StepPlan): string {
  const label = labelOf(step);
  if (step.forEach !== undefined) return `[[${label}]]`;
  if (step.kind === 'approval') return `{{${label}}}`;
  return step.kind === 'set' ? `(${label})` : `[${label}]`;
}

function labelOf({ name, kind, job, nested, forEach }: StepPlan): string {
  const endpoints = job === undefined ? undefined : [...new Set(job.targets.map(({ endpoint }) => endpoint))];
  const what = endpoints?.join(', else ') ?? (nested?.name === undefined ? kind : `${kind} ${nested.name}`);
  const lines = [name, what, ...(forEach === undefined ? [] : ['for each'])];
  return `"${lines.map(inLabel).join('<br/>')}"`;
}

function inLabel(text: string): string {
  return text.replace(/[#"&<>]/g, (char) => `#${char.charCodeAt(0)};`);
}

function stepsRead(template: Template): readonly string[] {
  const names = expressionsIn(template).flatMap(({ source }) => {
    const parsed = parseExpression(source);
    return parsed.ok ? parsed.references.steps.map(({ step }) => step) : [];
  });
  return [...new Set(names)];
}
