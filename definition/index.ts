/** Pipeline definitions and expressions: checked, compiled, evaluated. For the activities, the worker and the command line. */
export { checkDefinition, DefinitionFileUnreadable, readDefinition } from './check-source.js';
export { compileJob, compilePipeline } from './compile.js';
export { MAX_ITEMS } from './compile-step.js';
export type { Bindings, ExpressionEngine } from './expression-engine.js';
export { createExpressionEngine } from './expression-pool.js';
export { compileSchema } from './input-schema.js';
export { DefinitionError } from './problems.js';
export { parseExpression, type References } from './references.js';
export { expressionsIn, fillTemplate } from './template.js';
export { isTruthy } from './truth.js';
