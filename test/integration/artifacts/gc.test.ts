import { randomUUID } from 'node:crypto';
import { readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type ArtifactRef, InvalidSettings } from '../../../client/index.js';
import { type S3Server, startS3, whyNoS3 } from '../../fixtures/s3-server.js';
import { jobrelay } from '../../unit/cli/run-in-process.js';
import { type Harness, startHarness, until } from '../harness.js';

const missing = whyNoS3();
if (missing !== undefined) console.warn(`garbage in S3 is not tested: ${missing}`);

const LONG_AGO = new Date('2020-01-01T00:00:00Z');
const HOUR = 3_600_000;

/** It reads each run of its namespace, so it has one of its own. */
let connection: Connection;
const namespaces = { used: `gc-${randomUUID()}`, empty: `gc-${randomUUID()}` };
beforeAll(async () => {
  const { address } = inject('temporal');
  connection = await Connection.connect({ address });
  const { workflowService } = connection;
  for (const namespace of Object.values(namespaces)) {
    await workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
    });
  }
  for (const namespace of Object.values(namespaces)) {
    await until('the namespace is known', () =>
      workflowService.listWorkflowExecutions({ namespace }).catch(() => undefined),
    );
  }
});
afterAll(() => connection.close());

const DRIVERS = missing === undefined ? (['file', 's3'] as const) : (['file'] as const);

describe.each(DRIVERS)('garbage of the %s store', (driver) => {
  let server: S3Server | undefined;
  let harness: Harness;
  const png = Buffer.concat([Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), Buffer.alloc(4_000, 7)]);
  beforeAll(async () => {
    server = driver === 's3' ? await startS3() : undefined;
    harness = await startHarness({
      temporal: { address: inject('temporal').address, namespace: namespaces.used },
      env: { ...server?.env },
      configure: (config) => (server === undefined ? config : { ...config, artifacts: server.settings('gc') }),
      // Stored as JSON, which refers to the image in turn.
      endpoints: { draw: { handler: () => ({ image: png.toString('base64'), words: Array(20_000).fill('word') }) } },
    });
  });
  afterAll(async () => {
    await harness.stop();
    await server?.stop();
  });

  /** Makes all that is stored older than anything that could be young. */
  async function age(): Promise<void> {
    const root = server === undefined ? join(harness.stateDir, 'artifacts', 'sha256') : join(server.bucketFolder, 'gc');
    for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) await utimes(join(entry.parentPath, entry.name), LONG_AGO, LONG_AGO);
    }
  }

  const isThere = (sha256: string) =>
    harness.store.get(sha256).then(
      () => true,
      () => false,
    );
  const put = async (text: string) => (await harness.store.put(Buffer.from(text))).sha256;

  test('is removed, and nothing that a run or a schedule needs, however old', async () => {
    const { relay } = harness;
    const notes = 'n'.repeat(100_000);
    const waiting = await relay.start('pipeline', {
      definition: {
        version: 1,
        steps: {
          drawn: { endpoint: 'local/draw', input: { notes: '{% $input.notes %}' } },
          checked: { approval: { message: 'go on?' }, needs: ['drawn'] },
          used: {
            endpoint: 'local/echo',
            needs: ['checked'],
            input: { image: '{% $steps.drawn.output.image %}', notes: '{% $input.notes %}' },
          },
        },
        output: { image: '{% $steps.used.output.image %}', chars: '{% $length($steps.used.output.notes) %}' },
      },
      input: { notes },
    });
    const closed = await relay.start('job', { endpoint: 'local/echo', input: { text: 'c'.repeat(300_000) } });
    const { output: kept } = await closed.result();
    const scheduleId = randomUUID();
    const scheduled = 's'.repeat(100_000);
    await relay.schedules.create(scheduleId, {
      job: { endpoint: 'local/echo', input: { text: scheduled } },
      cron: '30 3 1 1 *',
    });
    await until('it waits', async () => (await waiting.progress()).approvals?.length === 1);

    const garbage = await put(`garbage ${randomUUID()}`);
    await age();
    const young = await put(`young ${randomUUID()}`);

    const dry = await relay.collectGarbage({ dryRun: true });
    expect(dry).toMatchObject({ dryRun: true, removed: { artifacts: 1 }, young: { artifacts: 1 } });
    expect(dry.schedules).toBeGreaterThanOrEqual(1);
    expect(await isThere(garbage)).toBe(true);

    const both = await Promise.all([relay.collectGarbage(), relay.collectGarbage()]);
    // Each may have seen it, and deleted what the other did.
    expect(both[0].removed.artifacts + both[1].removed.artifacts).toBeGreaterThanOrEqual(1);
    expect([await isThere(garbage), await isThere(young)]).toEqual([false, true]);

    await waiting.approve({ step: 'checked', approved: true });
    const { output } = await waiting.result();
    const { image, chars } = output as unknown as { image: { $artifact: ArtifactRef }; chars: number };
    expect([png.equals(await relay.artifact(image)), chars]).toEqual([true, notes.length]);
    const { text } = kept as unknown as { text: { $artifact: ArtifactRef } };
    expect(await isThere(text.$artifact.sha256)).toBe(true);
    const fired = await relay.schedules.trigger(scheduleId);
    await (await relay.run(fired?.workflowId ?? '')).result();
    await relay.schedules.delete(scheduleId);
  });

  test('is not all of it where the namespace is the wrong one, or where it is too young to tell', async () => {
    const garbage = await put(`garbage ${randomUUID()}`);
    await age();
    const { createClient } = await import('../../../client/index.js');
    const wrong = await createClient({ connection, namespace: namespaces.empty, artifacts: harness.store });
    await expect(wrong.collectGarbage()).rejects.toThrow(InvalidSettings);
    await expect(wrong.collectGarbage()).rejects.toThrow(/has no run and no schedule, so all of .* would be removed/);
    await expect(harness.relay.collectGarbage({ olderThanMs: HOUR })).rejects.toThrow(/take 2h or more/);
    expect(await isThere(garbage)).toBe(true);
  });
});

test('the command line says what it removes', async () => {
  const harness = await startHarness({
    temporal: { address: inject('temporal').address, namespace: namespaces.used },
    worker: false,
  });
  try {
    const { sha256 } = await harness.store.put(Buffer.from('garbage'));
    const file = join(harness.stateDir, 'artifacts', 'sha256', sha256.slice(0, 2), sha256);
    await utimes(file, LONG_AGO, LONG_AGO);
    const call = (...args: string[]) =>
      jobrelay(['artifact', 'gc', '--address', inject('temporal').address, '--namespace', namespaces.used, ...args], {
        cwd: harness.stateDir,
        env: { JOBRELAY_CONFIG: '' },
      });
    const state = ['--state', harness.stateDir];
    expect((await call('--dry-run', ...state)).stdout).toMatch(
      /^would remove: 1 artifact, 7 bytes of .*artifacts\nkept: 0 artifacts/,
    );
    const { exitCode, stdout } = await call('--json', ...state);
    expect([exitCode, JSON.parse(stdout)]).toEqual([
      0,
      expect.objectContaining({ dryRun: false, removed: { artifacts: 1, bytes: 7 }, leftoverBytes: 0 }),
    ]);
    const young = await call('--older-than', '1h', ...state);
    expect([young.exitCode, young.stderr]).toEqual([2, expect.stringContaining('take 2h or more')]);
  } finally {
    await harness.stop();
  }
});
