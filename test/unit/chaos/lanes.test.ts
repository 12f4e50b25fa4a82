import { describe, expect, it } from 'vitest';
import { FULL } from '../../../chaos/plan/form.js';
import { planLoad, type Shape } from '../../../chaos/plan/load.js';
import { relayStart } from '../../../chaos/relay/definition.js';
import { type ScriptLine, scriptRecord } from '../../../chaos/stand-ins/script-record.js';
import { loadConfig, parseYaml } from '../../../config/index.js';
import { checkDefinition } from '../../../definition/index.js';
import type { JsonObject } from '../../../job-api/json.js';

describe('the load in the words of JobRelay', () => {
  it.for<Shape>(['chain', 'tree', 'nested', 'fan'])('is a pipeline without a mistake: %s', async (shape) => {
    const run = planLoad(7, FULL).find((planned) => planned.shape === shape);
    if (run === undefined) throw new Error(`no ${shape} is planned`);
    const { type, workflowId, input } = relayStart(run, 'relay', 'gpu');
    expect([type, workflowId]).toEqual(['pipeline', `relay-${run.id}`]);
    const config = await loadConfig({ env: {}, cwd: '.', stateDir: '.', emulatorUrl: 'http://127.0.0.1:1' });
    const definition = input.definition as JsonObject;
    const source = parseYaml(JSON.stringify(definition), 'planned');
    expect(await checkDefinition({ definition, source }, config)).toEqual([]);
  });

  it('is a job, where there is but one', () => {
    const unit = { unit: 'u', ms: 5, fails: false };
    expect(relayStart({ id: 'job-0', shape: 'job', stages: [[unit]] }, 'relay', 'gpu')).toMatchObject({
      type: 'job',
      input: { endpoint: 'local/gpu', input: { run: 'relay-job-0', ...unit } },
    });
  });
});

describe('what a script has on record', () => {
  const job = (id: string) => ({ id, run: 'a', unit: 'u', status: 'COMPLETED', acceptedAt: 1, endedAt: 2 }) as const;
  const lines: readonly ScriptLine[] = [
    { run: 'a', seen: 'j1' },
    { run: 'b', seen: 'j2' },
    { run: 'a', unit: 'u', result: 'j1' },
    { run: 'a', ended: 'completed', at: 9 },
  ];

  it('is what stands in its file', () => {
    expect(scriptRecord('a', lines, [job('j1'), job('j2')])).toMatchObject({
      ...{ end: 'completed', closedAt: 9, known: new Set(['j1']), resultOf: new Set(['j1']) },
      suspectedDuplicates: 0,
    });
  });

  it('says of a run without an end that it is open', () => {
    expect(scriptRecord('b', lines, [job('j2')])).toMatchObject({ end: 'open' });
  });
});
