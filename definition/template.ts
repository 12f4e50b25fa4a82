/** Templates stand in jobrelay.yaml too, so they are at home there. */
export {
  EXPRESSION,
  expressionIn,
  expressionsIn,
  fillTemplate,
  holdsDelimiter,
  MIXED,
  problemsInTemplate,
  type TemplateExpression,
} from '../config/template.js';
