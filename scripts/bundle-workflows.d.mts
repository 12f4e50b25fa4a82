/** The workflows in one file without their comments, with an inline source map. */
export function bundleWorkflows(workflowsPath: string): Promise<string>;
