import { describe, expect, it } from 'vitest';
import { markdownTable, plainText } from '../../../workflows/markdown.js';

describe('text in Markdown', () => {
  it.each([
    ['stays as it is where nothing means anything', 'runpod/abc-123', 'runpod/abc-123'],
    ['opens no cell', 'a|b', 'a\\|b'],
    ['cannot undo the escape', 'a\\|b', 'a\\\\\\|b'],
    ['is no emphasis and no code', '*a* _b_ ~c~ `d`', '\\*a\\* \\_b\\_ \\~c\\~ \\`d\\`'],
    ['is no HTML and no entity', '<b>&amp;', '\\<b\\>\\&amp;'],
    ['is no link', '[a](b) https://x.example www.x', '\\[a\\]\\(b\\) https\\://x\\.example www\\.x'],
    ['is no picture', '![a](b)', '\\!\\[a\\]\\(b\\)'],
    ['keeps what means nothing inside a line', '50%? a@b = c;', '50%? a@b = c;'],
    ['is one line', ' a\r\n\tb\u0000c ', 'a b c'],
    ['is of any language', 'Übung 船', 'Übung 船'],
  ])('%s', (_name, text, markdown) => {
    expect(plainText(text)).toBe(markdown);
  });

  it('is cut by characters, before it is escaped', () => {
    expect(plainText('🚤'.repeat(61))).toBe(`${'🚤'.repeat(59)}…`);
    expect(plainText('|'.repeat(60))).toBe('\\|'.repeat(60));
  });
});

describe('a table', () => {
  it('has a head, a line that says how its columns are set, and its rows, with space between columns', () => {
    const table = markdownTable(
      [{ title: 'Step' }, { title: 'Done', align: 'right' }],
      [
        ['draw', '3'],
        ['sheet', ''],
      ],
    );
    expect(table).toBe('| Step | \u00a0\u00a0Done |\n| --- | ---: |\n| draw | \u00a0\u00a03 |\n| sheet |  |');
  });
});
