import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Frame } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Run } from '../../../client/index.js';
import { type DevServer, startDevServer } from '../../../embedded/dev-server.js';
import type { PipelineInput, PipelineResult } from '../../../workflows/contract.js';
import { type Harness, startHarness, until } from '../harness.js';
import { type Browser, findChromium, openBrowser, WINDOW } from './browser.js';

const executablePath = findChromium();
if (executablePath === undefined) {
  console.warn(
    'The Temporal UI is not tested: there is no Chromium. Install it (Debian: apt-get install chromium), or name it in CHROMIUM_PATH.',
  );
}

const IMAGES = fileURLToPath(new URL('../../../docs/images/', import.meta.url));

/** For the pictures in the guides, drawings take as long as real ones. */
const PICTURES = Boolean(process.env.JOBRELAY_SCREENSHOTS);
const DRAW_MS = PICTURES ? 4_000 : 0;

/** Twelve titles, drawn two at a time. `boat` cannot be drawn, `kite` and `moon` not before they are let. */
const TITLES = ['tree', 'boat', 'lamp', 'kite', 'moon', 'door', 'fish', 'leaf', 'star', 'bird', 'wave', 'rose'];

const SHEET: PipelineInput = {
  definition: {
    version: 1,
    name: 'contact_sheet',
    steps: {
      draw: {
        forEach: '{% $input.titles %}',
        concurrency: 2,
        tolerate: 1,
        endpoint: 'local/draw',
        input: { title: '{% $item %}' },
      },
      best: { set: '{% [$steps.draw.output[score > 0.5]] %}' },
      sheet: { endpoint: 'local/sheet', input: { titles: '{% [$steps.best.output.title] %}' } },
    },
  },
  input: { titles: TITLES },
};

describe.skipIf(executablePath === undefined)('in the Temporal UI', () => {
  let server: DevServer & { readonly uiUrl: string };
  let harness: Harness;
  let browser: Browser;
  /** Stands still at `kite` and `moon`. */
  let held: Run<PipelineResult>;
  let letGo = () => {};

  beforeAll(async () => {
    const gate = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    server = await startDevServer({ cliPath: inject('temporalCli'), uiPort: 0 });
    [harness, browser] = await Promise.all([
      startHarness({
        temporal: { address: server.address, namespace: 'default' },
        endpoints: {
          draw: {
            async handler(drawing) {
              const { title } = drawing as { readonly title: string };
              await sleep(DRAW_MS);
              if (title === 'boat') throw new Error('no boats today');
              if (title === 'kite' || title === 'moon') await gate;
              return { title, score: 0.9 };
            },
          },
          sheet: { handler: (sheet) => sheet },
        },
      }),
      openBrowser(executablePath ?? '', server.uiUrl),
    ]);
    held = await harness.relay.start('pipeline', SHEET, { key: 'order-17' });
    await until('the run stands still', async () => {
      const { draw } = (await held.progress()).steps;
      return draw?.done === 2 && draw.failed === 1;
    });
  });

  afterAll(async () => {
    letGo();
    await held?.result();
    await browser?.close();
    await harness?.stop();
    await server?.stop();
  });

  async function open({ workflowId, runId }: Pick<Run<unknown>, 'workflowId' | 'runId'>, tab: string): Promise<void> {
    const run = `${encodeURIComponent(workflowId)}/${runId}`;
    await browser.page.goto(`${server.uiUrl}/namespaces/default/workflows/${run}/${tab}`);
  }

  /** What a frame of the page shows of a Markdown text of ours, once it does: its lines, cells of a table apart. */
  async function shown(wanted: RegExp): Promise<string[]> {
    return await until(`the page shows ${wanted}`, async () => {
      const frames = browser.page.frames().filter((frame) => frame.url().includes('/render?'));
      const texts = await Promise.all(frames.map(textOf));
      return texts.find((text) => wanted.test(text))?.split(/\n+/);
    });
  }

  /** Only when asked, since every picture differs in its times. */
  async function picture(name: string, height: number): Promise<void> {
    if (!PICTURES) return;
    await browser.page.screenshot({
      path: `${IMAGES}ui-${name}.png`,
      clip: { x: 0, y: 0, width: WINDOW.width, height },
    });
  }

  it('a run says what it was started with', async () => {
    await open(held, 'user-metadata');
    expect(await shown(/^pipeline/)).toEqual(['pipeline contact_sheet']);
    expect(await shown(/Input:/)).toEqual(['Pipeline: contact_sheet, 3 steps', 'Input: 96 bytes', 'Key: order-17']);
  });

  it('a pipeline that runs shows a table of its steps', async () => {
    await open(held, 'user-metadata');
    const [headline, head, draw, best, sheet, usage] = await shown(/^Running/);
    expect(headline).toMatch(/^Running for [\d.]+m?s, as of \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\.$/);
    expect(head).toBe('Step\tStatus\tDone\tFailed\tJobs\tElapsed\tTime left');
    expect(draw).toMatch(/^draw\trunning\t2 \/ 12\t1\t5\t[\d.]+m?s\t(a few seconds|about .+)$/);
    expect(best).toMatch(/^best\tpending\t*$/);
    expect(sheet).toMatch(/^sheet\tpending\t*$/);
    expect(usage).toMatch(/^3 jobs ended, /);
    await picture('pipeline', 720);
  });

  it('the history names for each activity the endpoint and the job', async () => {
    const { page } = browser;
    await open(held, 'history');
    await page.getByText('Compact', { exact: true }).click();
    const jobIds = harness.emulator.jobs().map(({ id }) => id);
    await page.getByText('submit to local/draw', { exact: true }).first().waitFor();
    for (const id of jobIds) await page.getByText(`await local/draw job ${id}`, { exact: true }).first().waitFor();
    await picture('history', WINDOW.height);
  });

  it('a run is found by the endpoints it uses', async () => {
    const { page } = browser;
    await open(held, 'search-attributes');
    for (const text of ['JobRelayEndpoint', 'local/draw', 'local/sheet', 'JobRelayPipeline', 'contact_sheet']) {
      await page.getByText(text).first().waitFor();
    }
    const other = await harness.relay.start('job', { endpoint: 'local/echo', input: { a: 1 } }, { key: 'order-18' });
    await other.result();
    const query = encodeURIComponent('JobRelayEndpoint = "local/sheet"');
    await page.goto(`${server.uiUrl}/namespaces/default/workflows?query=${query}`);
    await page.getByRole('link', { name: held.workflowId }).waitFor();
    expect(await page.getByRole('link', { name: other.workflowId }).count()).toBe(0);
  });

  it('a run that has ended shows its last table', async () => {
    const input = { titles: ['tree', 'lamp'] };
    const run = await harness.relay.start('pipeline', { ...SHEET, input }, { key: 'order-19' });
    await run.result();
    await open(run, 'user-metadata');
    const [headline, , draw, best, sheet, usage] = await shown(/^Completed/);
    expect(headline).toMatch(/^Completed in [\d.]+m?s\.$/);
    expect(draw).toMatch(/^draw\tcompleted\t2 \/ 2\t\t2\t[\d.]+m?s\t$/);
    expect(best).toMatch(/^best\tcompleted\t1 \/ 1\t\t\t[\d.]+m?s\t$/);
    expect(sheet).toMatch(/^sheet\tcompleted\t1 \/ 1\t\t1\t[\d.]+m?s\t$/);
    expect(usage).toMatch(/^3 jobs ended, /);
  });

  it('a run that waits for a person says for what, and how to answer', async () => {
    const definition = {
      version: 1,
      name: 'proof',
      steps: {
        draw: { endpoint: 'local/draw', input: { title: 'rose' } },
        review: {
          approval: { message: "{% 'Print ' & $steps.draw.output.title & '?' %}", timeout: '1h' },
        },
        sheet: {
          when: '{% $steps.review.output.approved %}',
          endpoint: 'local/sheet',
          input: { titles: ['{% $steps.draw.output.title %}'] },
        },
      },
    };
    const run = await harness.relay.start('pipeline', { definition }, { key: 'order-21' });
    await until('it waits', async () => (await run.progress()).approvals?.length === 1);
    await open(run, 'user-metadata');
    const text = (await shown(/waiting/)).join('\n');
    expect(text).toMatch(/^review\twaiting\t/m);
    expect(text).toContain('by jobrelay approve pipeline:order-21 review: Print rose?');
    await picture('approval', 720);
    await run.approve({ step: 'review', approved: true, by: 'ada' });
    await run.result();
    await open(run, 'user-metadata');
    expect((await shown(/^Completed/)).join('\n')).toMatch(/^review\tcompleted\t1 \/ 1\t/m);
  });

  it('a slice of many items shows a table of them', async () => {
    const titles = Array.from({ length: 110 }, (_, at) => `title ${at}`);
    const run = await harness.relay.start('pipeline', {
      definition: {
        version: 1,
        steps: {
          many: {
            forEach: '{% $input.titles %}',
            concurrency: 20,
            endpoint: 'local/sheet',
            input: { title: '{% $item %}' },
          },
        },
        output: 1,
      },
      input: { titles },
    });
    await run.result();
    const slices = await until('its slices are listed', async () => {
      const found = [];
      const query = `WorkflowType = "slice" AND WorkflowId STARTS_WITH "${run.workflowId}/"`;
      for await (const { workflowId, runId } of harness.temporal.workflow.list({ query }))
        found.push({ workflowId, runId });
      return found.length === 2 ? found : undefined;
    });
    const last = slices.find(({ workflowId }) => workflowId.startsWith(`${run.workflowId}/many/1/`));
    if (last === undefined) throw new Error('the second slice is not listed');
    await open(last, 'user-metadata');
    expect(await shown(/items from/)).toEqual(['many: items from 100']);
    const [headline, counts, head, first, ...more] = await shown(/^Completed/);
    expect(headline).toMatch(/^Completed in [\d.]+m?s\.$/);
    expect(counts).toBe('10 of 10 items done.');
    expect(head).toBe('Item\tEndpoint\tOutcome\tQueued\tRan\tJob\tAttempts');
    expect(first).toMatch(/^100\tlocal\/sheet\tCOMPLETED\t[\d.]+m?s\t[\d.]+m?s\t\S+\t$/);
    expect(more).toHaveLength(10);
    expect(more[9]).toMatch(/^10 jobs ended, /);
  });

  it('a job shows a table of its attempts', async () => {
    const input = { endpoint: 'local/draw', input: { title: 'boat' }, retry: { handler: 1 } };
    const run = await harness.relay.start('job', input, { key: 'order-20', summary: 'The boat of *order 20*' });
    await run.result().catch(() => undefined);
    await open(run, 'user-metadata');
    expect(await shown(/^The boat/)).toEqual(['The boat of order 20']);
    const [headline, head, first, second, usage] = await shown(/^Failed/);
    expect(headline).toMatch(/^Failed after [\d.]+m?s\.$/);
    expect(head).toBe('#\tEndpoint\tOutcome\tQueued\tRan\tJob');
    const jobIds = harness.emulator.jobs().map(({ id }) => id);
    expect(first).toMatch(/^1\tlocal\/draw\tJobFailed\t[\d.]+m?s\t[\d.]+m?s\t\S+$/);
    expect(second).toMatch(/^2\tlocal\/draw\tJobFailed\t[\d.]+m?s\t[\d.]+m?s\t\S+$/);
    expect(jobIds).toContain(first?.split('\t')[5]);
    expect(jobIds).toContain(second?.split('\t')[5]);
    expect(usage).toMatch(/^2 jobs ended, [\d.]+m?s of execution, [\d.]+m?s of it without a result\.$/);
    await picture('job', 720);
  });
});

/** Without the space that holds the columns of a table apart. Empty while the page puts its frames up. */
async function textOf(frame: Frame): Promise<string> {
  const text = await frame
    .locator('main')
    // biome-ignore lint/performance/useDomNodeTextContent: what a person sees, with rows and cells apart.
    .innerText()
    .catch(() => '');
  return text.replaceAll('\u00a0', '').replace(/^\s+|\n+$/g, '');
}
