import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DefinitionError, takePipeline } from '../../../definition/index.js';
import { config as base } from '../definition/config.js';

const SHOUT = `version: 1
steps:
  loud: { set: "{% $uppercase($input.word) %}" }
`;
const WRONG = SHOUT.replace('$input.word', '$steps.lowd.output');

let root: string;
let folder: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'jobrelay-pipelines-'));
  folder = path.join(root, 'pipelines');
  await mkdir(path.join(folder, 'folder.yaml'), { recursive: true });
  const put = (name: string, text: string) => writeFile(path.join(folder, name), text);
  await put('shout.yaml', SHOUT);
  await put('titled.yml', `name: a title\n${SHOUT}`);
  await put('plain.json', JSON.stringify({ version: 1, steps: { one: { set: 1 } } }));
  await put('wrong.yaml', WRONG);
  await put('tabs.yaml', 'version: 1\nsteps:\n\tloud: {}\n');
  await put('list.yaml', '- 1\n');
  await put('twice.yaml', SHOUT);
  await put('twice.json', '{}');
  await put('notes.txt', SHOUT);
  await writeFile(path.join(root, 'outside.yaml'), SHOUT);
  await symlink('../outside.yaml', path.join(folder, 'escape.yaml'));
  await symlink('shout.yaml', path.join(folder, 'linked.yaml'));
  await symlink('nowhere.yaml', path.join(folder, 'dangling.yaml'));
});
afterAll(() => rm(root, { recursive: true }));

const config = () => ({ ...base, pipelines: folder });

async function refusal(given: unknown, using = config()): Promise<DefinitionError> {
  const error = await takePipeline(given, using).catch((reason: unknown) => reason);
  if (error instanceof DefinitionError) return error;
  throw new Error('the input was taken', { cause: error });
}

describe('a pipeline given by name', () => {
  it('has the definition of the file, its digest, and its name', async () => {
    const { plan, definition } = await takePipeline({ pipeline: 'shout', input: { word: 'a' } }, config());
    expect(plan).toMatchObject({ name: 'shout', steps: [{ name: 'loud' }], input: { word: 'a' } });
    expect(definition).toEqual({ name: 'shout', sha256: createHash('sha256').update(SHOUT).digest('hex') });
  });

  it('keeps the name that the definition gives itself', async () => {
    expect((await takePipeline({ pipeline: 'titled' }, config())).plan.name).toBe('a title');
  });

  it.each(['plain', 'linked'])('is found in JSON and behind a link within the folder: %s', async (pipeline) => {
    expect((await takePipeline({ pipeline }, config())).definition?.name).toBe(pipeline);
  });

  it('says which names are known, and which was probably meant', async () => {
    const { type, message } = await refusal({ pipeline: 'shuot' });
    expect(type).toBe('InvalidRequest');
    expect(message).toMatch(/^pipeline: unknown pipeline "shuot" \(did you mean shout\? known: dangling, .*, wrong\)$/);
    expect(message).not.toContain('notes');
  });

  it.each(['../outside', 'shout.yaml', '/etc/passwd', '', '.', 'a/b', 'a\\b', 'x'.repeat(101), 'shout\n'])(
    'is never a path: %j',
    async (pipeline) => {
      const { type, message } = await refusal({ pipeline });
      expect({ type, message }).toEqual({ type: 'InvalidRequest', message: expect.stringContaining('is not a name') });
    },
  );

  it('says where its definition is wrong', async () => {
    const { type, message } = await refusal({ pipeline: 'wrong' });
    expect(type).toBe('DefinitionInvalid');
    expect(message).toContain(`${path.join(folder, 'wrong.yaml')}:3:11: steps.loud.set: unknown step "lowd"`);
  });

  it('says where its file is not YAML', async () => {
    const { type, message } = await refusal({ pipeline: 'tabs' });
    expect(type).toBe('DefinitionInvalid');
    expect(message).toMatch(/tabs\.yaml:3:1: a tab in the indentation/);
  });

  it.each([
    ['escape', 'is a link to a file outside of its folder'],
    ['dangling', 'dangling.yaml is not there'],
    ['folder', 'folder.yaml is a folder'],
    ['twice', 'is in two files, twice.json and twice.yaml: rename one'],
    ['list', 'list.yaml:1:1: a definition is a map'],
  ])('is refused for good where its file is none: %s', async (pipeline, why) => {
    const { type, message } = await refusal({ pipeline });
    expect({ type, message }).toEqual({ type: 'InvalidRequest', message: expect.stringContaining(why) });
  });

  it.each([
    [{ pipeline: 'shout', definition: { version: 1 } }, 'pipeline: stands beside a definition: give one of the two'],
    [{ pipeline: 7 }, 'pipeline: must be the name of a pipeline'],
    [{ input: {} }, 'definition: is missing: give a definition, or in its place the name of one as "pipeline"'],
    [{ pipelin: 'shout', definition: {} }, 'pipelin: unknown field (did you mean pipeline?)'],
  ])('is one field of the input: %j', async (given, message) => {
    expect(await refusal(given)).toMatchObject({ type: 'InvalidRequest', message });
  });

  it('needs a folder', async () => {
    expect((await refusal({ pipeline: 'shout' }, base as never)).message).toContain('there is no folder of pipelines');
    const gone = { ...base, pipelines: path.join(root, 'gone') };
    expect((await refusal({ pipeline: 'shout' }, gone)).message).toContain('gone is not there');
  });

  it('has its input checked as any other', async () => {
    expect(await refusal({ pipeline: 'shout', input: 5 })).toMatchObject({ type: 'InputRejected' });
  });
});
