/** Whether a deployment is what its dialect says: framework-free, for tests of emulators and for live endpoints. */
export type { CheckName } from './catalogue.js';
export type { ConformanceOptions, Sample } from './options.js';
export type { ConformanceReport, ConformanceResult, Verdict } from './report.js';
export { checkConformance } from './suite.js';
