import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Config, DEFAULTS, loadConfig, parseDuration, parseYaml } from '../../config/index.js';
import { checkDefinition, compileJob, compilePipeline, MAX_ITEMS } from '../../definition/index.js';
import { FaultBoard } from '../../emulator/fault-board.js';
import { workerEnvironment } from '../../emulator/worker-environment.js';
import { CHECKS } from '../../testing/conformance/catalogue.js';
import { type FailureType, SEARCH_ATTRIBUTES } from '../../workflows/contract.js';
import { jobrelay } from './cli/run-in-process.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const PAGES = [
  'README.md',
  'docs/architecture.md',
  'docs/cluster.md',
  'docs/configuration.md',
  'docs/emulator.md',
  'docs/endpoints.md',
  'docs/faults.md',
  'docs/job-apis.md',
  'docs/local-handlers.md',
  'docs/own-workflows.md',
  'docs/pipelines.md',
  'docs/reference.md',
  'docs/runs.md',
  'docs/schedules.md',
  'docs/security.md',
] as const;
type Page = (typeof PAGES)[number];

const pages = Object.fromEntries(
  await Promise.all(PAGES.map(async (page) => [page, await readFile(join(root, page), 'utf8')] as const)),
) as Record<Page, string>;

/** The fenced blocks of a page in one language. */
function blocks(page: Page, language: string): string[] {
  return [...pages[page].matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, name, text = '']) =>
    name === language ? [text] : [],
  );
}

/** The rows of all tables of a page, cell by cell. */
function rows(page: Page): string[][] {
  return [...pages[page].matchAll(/^\| (.*) \|$/gm)].map(([, row = '']) => row.split(' | '));
}

/** The second cell of the row that begins with `first`. */
function cell(page: Page, first: string): string | undefined {
  return rows(page).find(([name]) => name === first)?.[1];
}

let folder: string;
let config: Config;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jobrelay-docs-'));
  config = await load(blocks('docs/configuration.md', 'yaml')[0] ?? '');
});
afterAll(() => rm(folder, { recursive: true }));

async function load(yaml: string): Promise<Config> {
  const file = join(folder, 'jobrelay.yaml');
  await writeFile(file, yaml);
  return loadConfig({ file, env: {} });
}

describe('the guides', () => {
  it.each(PAGES)('%s links to pages and headings that exist', (page) => {
    const headingsOf = (target: string) =>
      [...(pages[target as Page] ?? '').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
        heading
          .toLowerCase()
          .replace(/[^\w -]/g, '')
          .replaceAll(' ', '-'),
      );
    const links = [...pages[page].matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)];
    const broken = links.filter(([, path = '', anchor]) => {
      const target = path === '' ? page : join(dirname(page), path);
      return !existsSync(join(root, target)) || (anchor !== undefined && !headingsOf(target).includes(anchor));
    });
    expect(broken.map(([link]) => link)).toEqual([]);
  });

  it.each(PAGES)('%s shows JSON that parses', (page) => {
    for (const block of blocks(page, 'json')) expect(() => JSON.parse(block), block).not.toThrow();
  });

  it.each(['README.md', 'docs/pipelines.md', 'docs/schedules.md'] as const)(
    '%s shows definitions that can run',
    async (page) => {
      // The names that they give are those of an example.
      const withFolder = { ...config, pipelines: join(root, 'examples/film/pipelines') };
      const definitions = blocks(page, 'yaml').filter((block) => /^steps:/m.test(block));
      expect(definitions.length).toBeGreaterThan(0);
      for (const block of definitions) {
        const source = parseYaml(block, page);
        expect(await checkDefinition({ definition: source.value as never, source }, withFolder)).toEqual([]);
      }
    },
  );

  it.each(['README.md', 'docs/configuration.md'] as const)('%s shows a configuration that loads', async (page) => {
    const [file] = blocks(page, 'yaml').filter((block) => /^providers:/m.test(block));
    expect(Object.keys((await load(file ?? '')).endpoints)).toContain('whisper');
  });

  it.each(blocks('docs/configuration.md', 'yaml').map((yaml) => [yaml.split('\n')[1] ?? '', yaml]))(
    'docs/configuration.md shows a file with %s that loads',
    async (_, yaml) => {
      expect((await load(yaml)).providers).toHaveProperty('local');
    },
  );
});

describe('docs/runs.md', () => {
  it('shows inputs that are taken', () => {
    const inputs = blocks('docs/runs.md', 'json').map((block) => JSON.parse(block));
    const jobs = inputs.filter((input) => 'endpoint' in input && 'input' in input);
    const pipelines = inputs.filter((input) => 'definition' in input);
    expect(jobs.map((input) => compileJob(input, config).settings.targets.length)).toEqual([3]);
    expect(pipelines.map((input) => compilePipeline(input, config).name)).toEqual(['shout']);
  });

  it('says of each type of failure what it means and what to do', () => {
    const types = {
      ...{ InvalidRequest: true, PayloadTooLarge: true, Unauthorized: true, InsufficientCredit: true },
      ...{ EndpointNotFound: true, RateLimited: true, Unavailable: true, SubmitAmbiguous: true, JobFailed: true },
      ...{ PlatformFailed: true, QueueTimeout: true, RunTimeout: true, TotalTimeout: true, JobLost: true },
      ...{
        JobCancelled: true,
        OutputRejected: true,
        CaptureFailed: true,
        DefinitionInvalid: true,
        InputRejected: true,
      },
      ...{ ExpressionFailed: true, ValueTooLarge: true, StepFailed: true, BudgetExceeded: true, ProtocolError: true },
      ...{ ApprovalExpired: true, ApprovalRejected: true, ApprovalRefused: true },
    } satisfies Record<FailureType, true>;
    const explained = rows('docs/runs.md')
      .filter((row) => row.length >= 4)
      .flatMap(([names = '']) => names.split(', '));
    expect(explained).toEqual(expect.arrayContaining(Object.keys(types).map((type) => `\`${type}\``)));
  });

  it('lists every search attribute', () => {
    for (const name of Object.keys(SEARCH_ATTRIBUTES)) expect(cell('docs/runs.md', `\`${name}\``)).toBeDefined();
  });
});

describe('docs/configuration.md', () => {
  const value = (setting: string) => cell('docs/configuration.md', `\`${setting}\``)?.replaceAll('`', '') ?? '';

  it('names the defaults that are built in', () => {
    const { timeouts, retry, onAmbiguousSubmit, stream } = DEFAULTS;
    expect({
      timeouts: { queueMs: parseDuration(value('timeouts.queue')), runMs: parseDuration(value('timeouts.run')) },
      retry: {
        platform: Number(value('retry.platform')),
        queue: Number(value('retry.queue')),
        handler: Number(value('retry.handler')),
      },
      onAmbiguousSubmit: value('onAmbiguousSubmit'),
      stream: value('stream'),
    }).toEqual({ timeouts, retry, onAmbiguousSubmit, stream });
    expect(value('timeouts.total')).toBe('none');
  });
});

describe('docs/pipelines.md', () => {
  it('names the limit of items', () => {
    expect(Number(cell('docs/pipelines.md', 'items of a `forEach`')?.replace(',', ''))).toBe(MAX_ITEMS);
  });
});

describe('docs/cluster.md', () => {
  it('registers every search attribute, as the type that it has', () => {
    const [temporal = '', cloud = ''] = blocks('docs/cluster.md', 'sh')
      .filter((block) => block.includes('search-attribute'))
      .flatMap((block) => block.split('# Temporal Cloud'));
    const wireName = (type: string) => type.toLowerCase().replaceAll('_', '');
    for (const [name, type] of Object.entries(SEARCH_ATTRIBUTES)) {
      const line =
        temporal
          .replaceAll('\\\n', '')
          .split('\n')
          .find((each) => each.includes(`--name ${name}`)) ?? '';
      expect(wireName(/--type (\w+)/.exec(line)?.[1] ?? '')).toBe(wireName(type));
      expect(wireName(new RegExp(`${name}=(\\w+)`).exec(cloud)?.[1] ?? '')).toBe(wireName(type));
    }
  });
});

describe('docs/endpoints.md', () => {
  it('lists every check', () => {
    const listed = rows('docs/endpoints.md').flatMap(([name = '', what]) => {
      const [, check] = /^`([a-z][a-z-]*)`$/.exec(name) ?? [];
      return check === undefined ? [] : [[check, what]];
    });
    expect(listed).toEqual(Object.entries(CHECKS).map(([check, { what }]) => [check, what]));
  });
});

describe('docs/emulator.md', () => {
  it('shows faults that are taken', () => {
    const bodies = blocks('docs/emulator.md', 'sh').flatMap((block) =>
      [...block.matchAll(/-d '(\{"faults".*?\})'/gs)].map(([, body = '']) => body),
    );
    expect(bodies).toHaveLength(3);
    for (const body of bodies) expect(() => new FaultBoard().setFromBody(JSON.parse(body))).not.toThrow();
  });
});

describe('docs/local-handlers.md', () => {
  it('lists what makes a worker of the emulator', () => {
    const listed = rows('docs/local-handlers.md').flatMap(([names = '', value = '']) =>
      [...names.matchAll(/`(RUNPOD_\w+)`/g)].map(([, name]) => [name, value]),
    );
    const place = { url: 'http://127.0.0.1:8080', endpointId: 'draw' };
    const { RUNPOD_POD_ID: _random, ...fixed } = workerEnvironment(place);
    for (const [name, value] of Object.entries(fixed)) {
      expect(listed).toContainEqual([name, expect.stringContaining(`\`${value}\``)]);
    }
    expect(listed).toHaveLength(Object.keys(workerEnvironment(place)).length);
  });
});

describe('README.md', () => {
  it('lists every command', async () => {
    const { stdout } = await jobrelay(['--help']);
    const [, commands = ''] = /^Commands:\n(.*?)\n\n/ms.exec(stdout) ?? [];
    const names = [...commands.matchAll(/^ {2}([a-z-]+) /gm)].map(([, name = '']) => name);
    const listed = rows('README.md').flatMap(([first = '']) => /^`jobrelay ([a-z-]+)/.exec(first)?.[1] ?? []);
    expect(listed).toEqual(names.filter((name) => name !== 'help'));
  });
});
