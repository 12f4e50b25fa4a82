/** The report as people read it. Pure. */
import { type Account, ROWS } from './accounting/account.js';
import { FULL, SETTLED_WITHIN_MS, SHORT } from './plan/form.js';
import type { ChaosReport } from './run.js';

const TITLES: Readonly<Record<keyof Account, string>> = {
  unknown: 'accepted jobs that no run or reap knows, beyond suspected duplicates',
  leftRunning: `jobs running ${SETTLED_WITHIN_MS / 1_000} s after their run ended, suspected duplicates apart`,
  lostResults: 'results lost while retention had not passed',
  unreportedDuplicates: 'duplicates that were not reported as suspected',
  stuck: 'runs stuck, or workflow tasks failing',
};

/** Whether every row of JobRelay is 0, and workers were killed as often as planned. */
export function holds({ lanes, points, form }: ChaosReport): boolean {
  const proven = lanes.filter(({ isProven }) => isProven);
  if (points.some(({ kills }) => kills < form.killsPerPoint)) return false;
  return proven.length > 0 && sum([...proven, ...points], ({ account }) => sumOf(account)) === 0;
}

export function render(report: ChaosReport): string {
  const { seed, form, lanes, points } = report;
  const head = ['must be 0', ...lanes.map(({ name }) => name)];
  const rows = ROWS.map((row) => [TITLES[row], ...lanes.map(({ account }) => String(account[row].value))]);
  const kills = Math.min(...points.map(({ kills }) => kills));
  const crashes = [
    `${points.length} crash points between intent and record, each killed ${kills} times: all of the above`,
    ...lanes.map((_, at) => (at === 0 ? String(sum(points, ({ account }) => sumOf(account))) : '-')),
  ];
  const totals = lanes.map(({ name, totals: { runs, jobs, ends, leftAlone, failures, ...duplicates } }) => {
    const { suspectedDuplicates, actualDuplicates } = duplicates;
    const alone = `of ${leftAlone.runs} that nobody ended, ${leftAlone.completed} completed`;
    const why = Object.keys(failures).length > 0 ? ` (${counts(failures)})` : '';
    const suspicion = `${suspectedDuplicates} suspected duplicates, of which ${actualDuplicates} were`;
    return `${name}: ${runs} runs (${counts(ends)}); ${alone}${why}; ${jobs} jobs, ${suspicion}`;
  });
  const accounts = [...lanes.filter(({ isProven }) => isProven), ...points].map(({ account }) => account);
  const examples = ROWS.flatMap((row) =>
    accounts.flatMap((account) => account[row].examples.map((example) => `  ${TITLES[row]}: ${example}`)),
  );
  return [
    table([head, ...rows, crashes]),
    '',
    ...lanes.map(({ name, about }) => `${name}: ${about}`),
    '',
    ...totals,
    '',
    table([
      ['a worker was killed when', 'times', 'must be 0', 'jobs', 'suspected'],
      ...points.map(({ about, kills, account, jobs, suspectedDuplicates }) =>
        [about, kills, sumOf(account), jobs, suspectedDuplicates].map(String),
      ),
    ]),
    ...(examples.length > 0 ? ['', 'What is not 0:', ...examples] : []),
    '',
    `${report.workerKills} workers killed, ${report.seconds} s. To repeat: npm run chaos -- ${[`--seed ${seed}`, ...optionsOf(form)].join(' ')}`,
    ...(report.logFile === undefined ? [] : [`What the processes said: ${report.logFile}`]),
  ].join('\n');
}

/** By which the form comes about. */
function optionsOf({ name, jobs, killsPerPoint }: ChaosReport['form']): string[] {
  const usual = name === 'short' ? SHORT : FULL;
  return [
    ...(name === 'short' ? ['--short'] : []),
    ...(jobs === usual.jobs ? [] : [`--jobs ${jobs}`]),
    ...(killsPerPoint === usual.killsPerPoint ? [] : [`--kills ${killsPerPoint}`]),
  ];
}

function counts(of: Readonly<Record<string, number>>): string {
  return Object.entries(of)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ');
}

function sumOf(account: Account): number {
  return sum(ROWS, (row) => account[row].value);
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  ');
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  const [head, ...body] = rows;
  return [line(head ?? []), rule, ...body.map(line)].join('\n');
}
