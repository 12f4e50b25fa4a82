import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readScheduleFile } from '../../../../cli/schedules/file.js';
import { parseCron } from '../../../../client/schedules/cron.js';
import { OVERLAPS } from '../../../../client/schedules/schedule.js';
import { timingShape } from '../../../../client/schedules/schema.js';
import { loadConfig } from '../../../../config/index.js';

const page = await readFile(new URL('../../../../docs/schedules.md', import.meta.url), 'utf8');
const rows = [...page.matchAll(/^\| (.*) \|$/gm)].map(([, row = '']) => row.split(' | '));

it('shows a file that is taken', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'jobrelay-docs-'));
  const [, text = ''] = /^```yaml\n(# yaml-language-server[^\n]*\nversion: 1\ngroup:.*?)^```$/ms.exec(page) ?? [];
  await writeFile(join(folder, 'schedules.yaml'), text);
  await writeFile(join(folder, 'captions.yaml'), 'version: 1\nsteps:\n  at: { set: 1 }\n');
  const config = await loadConfig({ env: {}, cwd: folder });
  const { group, schedules } = await readScheduleFile(join(folder, 'schedules.yaml'), config);
  expect({ group, ids: Object.keys(schedules) }).toEqual({ group: 'captions', ids: ['nightly', 'warm'] });
  await rm(folder, { recursive: true });
});

it('lists every field, with its default, and every overlap', () => {
  const first = rows.map(([cell = '']) => cell);
  for (const field of Object.keys(timingShape))
    expect(
      first.some((cell) => cell.includes(`\`${field}\``)),
      field,
    ).toBe(true);
  for (const overlap of OVERLAPS) expect(first).toContain(`\`${overlap}\``);
  const defaultOf = (field: string) =>
    rows.find(([cell]) => cell?.startsWith(`\`${field}\``))?.[2]?.replaceAll('`', '');
  expect(defaultOf('overlap')).toBe(timingShape.overlap.parse(undefined));
  expect(defaultOf('catchUpWindow')).toBe(timingShape.catchUpWindow.parse(undefined));
});

it('shows cron expressions that are taken', () => {
  const shown = [...page.matchAll(/--cron '([^']+)'|cron: ([^\n"]+)$/gm)].map(
    ([, option, field]) => option ?? field ?? '',
  );
  expect(shown.length).toBeGreaterThan(1);
  for (const expression of [...shown, '0 9 1-7 * MON']) expect(() => parseCron(expression)).not.toThrow();
});
