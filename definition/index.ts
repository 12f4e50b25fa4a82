/** Pipeline definitions and expressions: checked, compiled, evaluated. For the activities, the worker and the command line. */
export { checkDefinition } from './check-definition.js';
export {
  type DefinitionFile,
  DefinitionFileUnreadable,
  type LocatedProblem,
  readDefinition,
} from './check-source.js';
export { checkInput, compileJob, compilePipeline } from './compile.js';
export { MAX_ITEMS } from './compile-step.js';
export { dependsOnOf, type StepForecast } from './dry-run.js';
export type { NestedForecast } from './dry-run-nested.js';
export type { Range } from './estimate.js';
export type { Bindings, ExpressionEngine } from './expression-engine.js';
export { createExpressionEngine } from './expression-pool.js';
export { levelsOf } from './graph.js';
export { compileSchema } from './input-schema.js';
export { type Inspection, inspectDefinition } from './inspect.js';
export { toMermaid } from './mermaid.js';
export { definitionFiles, pipelineNameOf, readNamedDefinition } from './pipeline-folder.js';
export { isPipelineName } from './pipeline-name.js';
export { DefinitionError } from './problems.js';
export { parseExpression, type References } from './references.js';
export { unknownName } from './step-references.js';
export { itemsOf, whyNoInput } from './step-values.js';
export { takePipeline } from './take-pipeline.js';
export { expressionsIn, fillTemplate } from './template.js';
export { isTruthy } from './truth.js';
