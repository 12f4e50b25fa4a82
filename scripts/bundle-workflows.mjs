import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const quiet = { trace() {}, debug() {}, info() {}, log() {}, warn: console.error, error: console.error };

/**
 * The workflows in one file, with an inline source map, which the worker asks for. Comments stay behind: they are a third
 * of what Temporal's packages and ours say, and every process would hold them. Names and statements are as written.
 *
 * @param {string} workflowsPath
 * @returns {Promise<string>}
 */
export async function bundleWorkflows(workflowsPath) {
  const { bundleWorkflowCode } = require('@temporalio/worker');
  // Beside the entry, compiled or not as that is.
  const failureConverterPath = workflowsPath.replace(/bundle-entry(\.\w+)$/, 'encoded-failures$1');
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    failureConverterPath,
    logger: quiet,
    webpackConfigHook: withoutComments,
  });
  return code;
}

function withoutComments(config) {
  const typescript = config.module.rules.find(({ use }) => use?.options?.jsc !== undefined);
  if (typescript === undefined) throw new Error("the SDK's bundler compiles in another way than this script knows");
  const minify = { compress: false, mangle: false, format: { comments: false } };
  const { loader, options } = typescript.use;
  const of = (syntax) => ({
    loader,
    options: {
      ...options,
      isModule: 'unknown',
      minify: true,
      jsc: { target: 'es2022', parser: { syntax }, minify },
    },
  });
  const rules = [
    ...config.module.rules.filter((rule) => rule !== typescript),
    { test: /\.js$/, use: of('ecmascript') },
    { test: /\.ts$/, exclude: /node_modules/, use: of('typescript') },
  ];
  return { ...config, module: { ...config.module, rules } };
}
