import { expect, it } from 'vitest';
import { parseStreamPath, requestText } from '../../../client/stream-path.js';

it.each([
  ['write', [{ step: 'write' }]],
  ['write[3]', [{ step: 'write', index: 3 }]],
  ['parts.write', [{ step: 'parts' }, { step: 'write' }]],
  ['parts[12].chapters.write[0]', [{ step: 'parts', index: 12 }, { step: 'chapters' }, { step: 'write', index: 0 }]],
])('reads %s', (text, path) => {
  expect(parseStreamPath(text)).toEqual(path);
  expect(path.map(requestText).join('.')).toBe(text);
});

it('takes the item of the last step apart from it', () => {
  expect(parseStreamPath('parts[1].write', 3)).toEqual([
    { step: 'parts', index: 1 },
    { step: 'write', index: 3 },
  ]);
  expect(parseStreamPath('write[3]', 3)).toEqual([{ step: 'write', index: 3 }]);
  expect(() => parseStreamPath('write[3]', 4)).toThrow('index is 4, and the step says 3');
});

it.each(['', '.', 'parts.', '.write', 'write[', 'write[x]', 'write[-1]', 'write[1][2]', '[1]', 'write[1]a'])(
  'refuses %j',
  (text) => expect(() => parseStreamPath(text)).toThrow('step is not the path of one'),
);
