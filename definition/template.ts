/** Templates stand in jobrelay.yaml too, so they are at home there. */

import type { Path, Problem } from '../config/index.js';
import { expressionIn, problemsInTemplate as problemsOfExpressions } from '../config/template.js';
import type { Template } from '../workflows/plan.js';
import { problemsOfReferences } from './artifact-references.js';

export {
  EXPRESSION,
  expressionIn,
  expressionsIn,
  fillTemplate,
  holdsDelimiter,
  MIXED,
  type TemplateExpression,
} from '../config/template.js';

/** What is wrong with a template of a definition, whatever its expressions are: those misplaced, and references that are none. */
export function problemsInTemplate(template: Template, path: Path = []): readonly Problem[] {
  return [
    ...problemsOfExpressions(template, path),
    ...problemsOfReferences(template, path, (text) => expressionIn(text) !== undefined),
  ];
}
