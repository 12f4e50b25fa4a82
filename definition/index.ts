/** Pipeline definitions and expressions: checked, compiled, evaluated. For the activities, the worker and the command line. */
export {
  checkDefinition,
  type DefinitionFile,
  DefinitionFileUnreadable,
  locateProblems,
  readDefinition,
} from './check-source.js';
export { compileJob, compilePipeline } from './compile.js';
export { MAX_ITEMS } from './compile-step.js';
export type { Batch, BatchResult, Bindings, Evaluation, ExpressionEngine } from './expression-engine.js';
export { createExpressionEngine, type ExpressionEngineOptions } from './expression-pool.js';
export { DefinitionError, type DefinitionErrorType, describeProblem, type Problem } from './problems.js';
export { type ParsedExpression, parseExpression, type References } from './references.js';
export { expressionsIn, fillTemplate, type TemplateExpression } from './template.js';
export { isTruthy } from './truth.js';
