// The arrows of the house (docs/architecture.md): what may import what. Read off the compiled files, where imports of
// types are gone: an arrow is something that is loaded at run time.
const FOLDERS = [
  'job-api',
  'activities',
  'workflows',
  'worker',
  'client',
  'cli',
  'artifacts',
  'config',
  'encryption',
  'definition',
  'embedded',
  'emulator',
  'testing',
];
const ours = `^dist/(${FOLDERS.join('|')}|examples|bench|chaos)/`;

/** A folder that loads only the named ones of ours. */
function only(from, allowed, comment) {
  return {
    name: `${from}-arrows`,
    comment,
    severity: 'error',
    from: { path: `^dist/${from}/` },
    to: { path: ours, pathNot: `^dist/(${[from, ...allowed].join('|')})/` },
  };
}

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: { path: '^dist/' }, to: { circular: true } },
    only('job-api', [], 'The remote side knows nothing of Temporal or of the rest.'),
    only('artifacts', ['job-api'], 'Storage knows values and nothing else.'),
    only('config', ['job-api'], 'Configuration is read, not acted upon.'),
    only('encryption', [], 'Payloads are encrypted, whatever they hold.'),
    only('definition', ['config', 'artifacts', 'job-api'], 'The language is checked before anything starts.'),
    only(
      'activities',
      ['job-api', 'artifacts', 'config', 'definition', 'encryption'],
      'Activities wrap the remote side.',
    ),
    only('workflows', ['job-api'], 'Workflow code loads pure code only.'),
    only(
      'worker',
      ['activities', 'config', 'artifacts', 'definition', 'encryption', 'job-api', 'workflows'],
      'The worker wires up.',
    ),
    only('client', ['workflows', 'artifacts', 'config', 'encryption'], 'A caller needs no worker.'),
    only('emulator', ['job-api'], 'The emulator shares wire types with the remote side and nothing else.'),
    only('embedded', ['worker', 'emulator', 'config', 'artifacts', 'workflows'], 'The stack starts the parts.'),
    {
      name: 'workflows-are-sandbox-safe',
      comment: 'Whatever a workflow file loads lands in the bundle, and in the memory of each cached run.',
      severity: 'error',
      from: { path: '^dist/workflows/', pathNot: '\\.cjs$' },
      to: { pathNot: '^(dist/workflows/|node_modules/@temporalio/(workflow|common)/|dist/job-api/job\\.js$)' },
    },
    {
      name: 'callers-load-no-sandbox',
      comment:
        'Outside the sandbox there is the contract to load of the workflows, and how they write Markdown and budgets.',
      severity: 'error',
      from: { path: '^dist/(worker|client|cli|embedded)/' },
      to: { path: '^dist/workflows/', pathNot: '^dist/workflows/(contract|markdown|budget/describe-use)\\.js$' },
    },
    {
      name: 'no-temporal-below',
      comment: 'Usable without Temporal.',
      severity: 'error',
      from: { path: '^dist/(job-api|artifacts|config|emulator)/' },
      to: { path: '@temporalio' },
    },
    {
      name: 'no-dev-dependencies-in-the-package',
      severity: 'error',
      from: { path: `^dist/(${FOLDERS.join('|')})/` },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg'] },
    },
    { name: 'everything-resolves', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: { doNotFollow: { path: 'node_modules' }, exclude: { path: '\\.(cjs|d\\.ts)$' } },
};
