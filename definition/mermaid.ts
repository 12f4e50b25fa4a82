import type { PipelinePlan, StepPlan, Template } from '../workflows/plan.js';
import { parseExpression } from './references.js';
import { expressionsIn } from './template.js';

/**
 * The steps as a Mermaid flowchart (mermaid.js.org): a box for a job, a double one for a `forEach`, a round one for a
 * value, a hexagon for an approval; arrows lead to what waits. Steps have numbers there, since words such as `end` break a chart.
 */
export function toMermaid({ name, steps, output }: Pick<PipelinePlan, 'name' | 'steps' | 'output'>): string {
  const ids = new Map(steps.map((step, at) => [step.name, `s${at + 1}`]));
  const arrows = (to: string, from: readonly string[], sign = '-->') =>
    from.flatMap((needed) => (ids.has(needed) ? [`  ${ids.get(needed)} ${sign} ${to}`] : []));
  return [
    ...(name === undefined ? [] : ['---', `title: ${JSON.stringify(name)}`, '---']),
    'flowchart TD',
    ...steps.map((step) => `  ${ids.get(step.name)}${nodeOf(step)}`),
    ...(output === undefined ? [] : ['  out([output])']),
    // Dashed where it may be that nothing goes on.
    ...steps.flatMap((step) =>
      arrows(ids.get(step.name) ?? '', step.needs, step.when === undefined ? '-->' : '-. when .->'),
    ),
    ...(output === undefined ? [] : arrows('out', stepsRead(output))),
  ].join('\n');
}

function nodeOf({ name, kind, job, forEach }: StepPlan): string {
  const what = job === undefined ? kind : [...new Set(job.targets.map(({ endpoint }) => endpoint))].join(', else ');
  const lines = [name, what, ...(forEach === undefined ? [] : ['for each'])];
  const label = `"${lines.map(inLabel).join('<br/>')}"`;
  if (forEach !== undefined) return `[[${label}]]`;
  if (kind === 'approval') return `{{${label}}}`;
  return kind === 'set' ? `(${label})` : `[${label}]`;
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
