import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { ArtifactCorrupt, ArtifactMissing, ArtifactReferenceInvalid } from '../../../artifacts/index.js';
import { InputError, ServerError } from '../../../cli/errors.js';
import { describeExitCodes, EXIT_CODES, exitCodeFor } from '../../../cli/exit-codes.js';
import {
  KeyConflict,
  NamespaceMissing,
  RunCancelled,
  RunFailed,
  RunNotFound,
  RunTerminated,
  TemporalUnreachable,
} from '../../../client/errors.js';
import { ConfigError } from '../../../config/index.js';

const run = { workflowId: 'job:1', runId: 'r' };

describe('exit codes', () => {
  it.each([
    [new RunFailed(run, { type: 'JobFailed', message: 'no' }), 1],
    [new ArtifactCorrupt('00', 'a file'), 1],
    [new InputError('no'), 2],
    [new ArtifactReferenceInvalid('no'), 2],
    [new ConfigError(['no']), 2],
    [new CommanderError(1, 'commander.unknownCommand', 'no'), 2],
    [new CommanderError(0, 'commander.helpDisplayed', 'help'), 0],
    [new TemporalUnreachable('127.0.0.1:1'), 3],
    [new NamespaceMissing('n', '127.0.0.1:1'), 3],
    [new RunNotFound('job:1', 'default'), 4],
    [new ArtifactMissing('00', 'a folder'), 4],
    [new RunCancelled(run, undefined), 5],
    [new RunTerminated(run, 'no'), 5],
    [new KeyConflict('job:1'), 6],
    [new ServerError('no'), 7],
    [new TypeError('x is not a function'), 70],
    ['thrown text', 70],
  ])('%o is told as %i', (error, code) => {
    expect(exitCodeFor(error)).toBe(code);
  });

  it('are each listed once in the help', () => {
    for (const { code } of Object.values(EXIT_CODES)) {
      expect(describeExitCodes().match(new RegExp(`^ +${code} `, 'gm'))).toHaveLength(1);
    }
  });
});
