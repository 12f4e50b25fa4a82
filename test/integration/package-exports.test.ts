import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface Manifest {
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

describe('a project that depends on the package', () => {
  let project: string;

  beforeAll(async () => {
    project = await mkdtemp(join(tmpdir(), 'jobrelay-consumer-'));
    await cp(join(ROOT, 'test/fixtures/consumer'), project, { recursive: true });
    await writeFile(join(project, 'package.json'), '{ "private": true, "type": "module" }\n');
    await mkdir(join(project, 'node_modules'));
    // As `npm link` would: what is resolved is what package.json exports, out of dist.
    await symlink(ROOT, join(project, 'node_modules/jobrelay'), 'junction');
    for (const shared of ['@temporalio', '@types']) {
      await symlink(join(ROOT, 'node_modules', shared), join(project, 'node_modules', shared), 'junction');
    }
    await node(join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', project).catch(({ stdout }: { stdout: string }) => {
      throw new Error(`the project of a user does not compile:\n${stdout}`);
    });
  });
  afterAll(() => rm(project, { recursive: true, force: true }));

  /** Runs plain Node in the project, with nothing of ours in the environment but the way to Temporal. */
  async function node(...args: string[]): Promise<string> {
    const env = { ...process.env, NODE_OPTIONS: '', TEMPORAL_ADDRESS: inject('temporal').address };
    const { stdout } = await run(process.execPath, args, { cwd: project, env });
    return stdout;
  }

  it('finds these names behind the doors, and no others', async () => {
    expect(JSON.parse(await node('out/doors.js'))).toEqual({
      jobrelay: [
        'AccessDenied',
        'ApprovalRefused',
        'ArtifactCorrupt',
        'ArtifactMissing',
        'ClientError',
        'InputTooLarge',
        'InvalidInput',
        'InvalidSettings',
        'KeyConflict',
        'NamespaceMissing',
        'NoArtifactStore',
        'NoWorker',
        'RunCancelled',
        'RunFailed',
        'RunNotFound',
        'RunTerminated',
        'RunTimedOut',
        'ScheduleExists',
        'ScheduleNotFound',
        'StoreUnavailable',
        'TemporalUnreachable',
        'UnreadablePayload',
        'createClient',
        'createDataConverter',
      ],
      'jobrelay/activities': ['Downloader', 'createActivities'],
      'jobrelay/job-api': [
        'Circuit',
        'CircuitOpen',
        'DOCUMENTED_LIMITS',
        'EndpointLimiter',
        'EndpointNotFound',
        'HeldBack',
        'InsufficientCredit',
        'InvalidRequest',
        'JobApiError',
        'JobNotFound',
        'PayloadTooLarge',
        'PollSchedule',
        'ProtocolError',
        'READ_TIMEOUT_MS',
        'RateLimited',
        'STREAM_WAIT_MS',
        'SUBMIT_TIMEOUT_MS',
        'SYNC_WAIT_MS',
        'SubmitAmbiguous',
        'Unauthorized',
        'Unavailable',
        'canStartNone',
        'classifyEnd',
        'createJobApi',
        'isTerminal',
        'systemClock',
        'withLimits',
      ],
      'jobrelay/testing': [
        'DevServerFailed',
        'InvalidFault',
        'PortInUse',
        'StateInUse',
        'TemporalCliNotFound',
        'TestClock',
        'checkConformance',
        'findTemporalCli',
        'startDevServer',
        'startEmulator',
        'startStack',
        'workerEnvironment',
      ],
      'jobrelay/worker': [
        'ConfigError',
        'InvalidEncryptionKeys',
        'WORKFLOW_BUNDLE',
        'connect',
        'createDataConverter',
        'createDeps',
        'jobRelayPlugin',
        'loadConfig',
        'registerSearchAttributes',
        'startWorker',
        'temporalTarget',
      ],
      'jobrelay/workflows': [
        'APPROVE',
        'AWAIT_TASK_QUEUE',
        'DEFINITION_MEMO',
        'INPUT_DIGEST_MEMO',
        'JOB_ENDED_SIGNAL',
        'OWN_RUN',
        'PROGRESS_QUERY',
        'SEARCH_ATTRIBUTES',
        'SETTLEMENT_MEMO',
        'STREAM_QUERY',
        'TASK_QUEUE',
        'USAGE_MEMO',
        'WORKFLOW_TYPES',
        'awaitTaskQueueOf',
        'executeJob',
        'job',
        'mapJobs',
        'nested',
        'pipeline',
        'reap',
        'reapScheduleId',
        'slice',
        'withFailover',
      ],
    });
  });

  it('cannot reach behind the doors', async () => {
    await expect(node('--input-type=module', '-e', "import 'jobrelay/dist/client/client.js'")).rejects.toThrow(
      'ERR_PACKAGE_PATH_NOT_EXPORTED',
    );
  });

  it.each([
    ['jobrelay/job-api', false],
    ['jobrelay', true],
  ])('loads with %s anything of Temporal: %s', async (door, expected) => {
    // Temporal's packages are CommonJS, so that what was loaded of them is in the cache.
    const loaded = "Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes('@temporalio'))";
    const script = `import { createRequire } from 'node:module'; await import('${door}'); console.log(${loaded})`;
    expect(JSON.parse(await node('--input-type=module', '-e', script))).toBe(expected);
  });

  it('runs a job at the emulator by the job API alone', async () => {
    expect(JSON.parse(await node('out/job-api-alone.js'))).toEqual({
      ended: true,
      output: { text: 'A RED BOAT' },
      refusal: 'JobNotFound',
    });
  });

  it('starts a worker with the workflows of the package, and a pipeline on it', async () => {
    expect(JSON.parse(await node('out/pipeline-run.js'))).toEqual({ output: 14, failure: 'JobFailed' });
  });

  it('registers the workflows and activities with a worker of its own', async () => {
    expect(JSON.parse(await node('out/own-worker.js'))).toEqual({
      prompt: 'a red boat',
      drawn: { prompt: 'a red boat' },
    });
  });
});

describe('what npm publishes', () => {
  let files: ReadonlySet<string>;
  let manifest: Manifest;

  beforeAll(async () => {
    manifest = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: ROOT,
      // npm is a .cmd file on Windows, which only a shell starts.
      shell: process.platform === 'win32',
      maxBuffer: 16 * 1024 * 1024,
    });
    const [packed] = JSON.parse(stdout) as [{ readonly files: readonly { readonly path: string }[] }];
    files = new Set(packed.files.map(({ path }) => path));
  });

  it('has every file that package.json names, the workflows and the papers', () => {
    const targets = Object.values(manifest.exports).flatMap((target) =>
      typeof target === 'string' ? [target] : [target.types, target.default],
    );
    const named = [...targets, ...Object.values(manifest.bin)].map((path) => posix.normalize(path));
    const needed = [...named, 'dist/workflows/bundle.cjs', 'README.md', 'LICENSE', 'CHANGELOG.md'];
    expect(needed.filter((path) => !files.has(path))).toEqual([]);
  });

  it('has nothing of the workshop', () => {
    const expected =
      /^(package\.json|schemas\/\w+\.schema\.json|LICENSE|README\.md|CHANGELOG\.md|dist\/(?!test\/|bench\/|chaos\/|examples\/).+\.(js|d\.ts|cjs))$/;
    expect([...files].filter((path) => !expected.test(path))).toEqual([]);
  });

  it('has every file that its files import, and declares every package', async () => {
    const missing: string[] = [];
    for (const path of [...files].filter((file) => /\.(js|d\.ts)$/.test(file))) {
      const code = await readFile(join(ROOT, path), 'utf8');
      for (const [, specifier = ''] of code.matchAll(
        /(?:^(?:import|export|\}) .*?from |^import |\bimport\()'([^']+)'/gm,
      )) {
        if (!isShipped(path, specifier)) missing.push(`${path} imports ${specifier}`);
      }
    }
    expect(missing).toEqual([]);
  });

  function isShipped(importer: string, specifier: string): boolean {
    if (specifier.startsWith('.')) return files.has(posix.join(posix.dirname(importer), specifier));
    if (specifier.startsWith('node:')) return builtinModules.includes(specifier.slice('node:'.length));
    const name = specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1);
    return name.join('/') in manifest.dependencies;
  }

  it('holds no path of the machine that built it', async () => {
    const [bundle = '', map = ''] = (await readFile(join(ROOT, 'dist/workflows/bundle.cjs'), 'utf8')).split(';base64,');
    expect(bundle).not.toContain(ROOT);
    expect(Buffer.from(map, 'base64').toString()).not.toContain(JSON.stringify(ROOT).slice(1, -1));
  });
});
