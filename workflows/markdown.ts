/** Markdown as the Temporal UI shows it (GitHub's, with tables). Pure. */

export interface Column {
  readonly title: string;
  /** Numbers are read by their last digit. */
  readonly align?: 'right';
}

/** The UI sets the columns of a table without any space between them, and drops plain spaces. */
const GAP = '\u00a0\u00a0';

/** A table. Cells are Markdown: text from elsewhere goes through {@link plainText} first. */
export function markdownTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const spaced = (cells: readonly string[]) =>
    line(cells.map((cell, at) => (at > 0 && cell !== '' ? GAP + cell : cell)));
  return [
    spaced(columns.map(({ title }) => title)),
    line(columns.map(({ align }) => (align === 'right' ? '---:' : '---'))),
    ...rows.map(spaced),
  ].join('\n');
}

const TEXT_MAX_CHARACTERS = 60;
/** What most ids and names are: one line, short enough, a character a unit. */
const SIMPLE = /^[!-~]{0,60}$/;
/** Not those that mean nothing inside a line, as % ; = ? @: the UI shows their backslash. */
const MARKUP = /[!-$&-+.:<>[-`{-~]/g;

/** Text set as code: one line, whatever is in it. */
export function code(text: string): string {
  return `\`${text.replace(/[\s\p{Cc}`]+/gu, ' ')}\``;
}

/**
 * Text that means nothing to Markdown: one line, cut at 60 characters or those given, every character escaped that could
 * begin markup, a cell, an entity or a link, since ids come from providers.
 */
export function plainText(text: string, maxCharacters = TEXT_MAX_CHARACTERS): string {
  if (SIMPLE.test(text)) return escapeMarkup(text);
  const characters = [...text.replace(/[\s\p{Cc}]+/gu, ' ').trim()];
  const cut =
    characters.length <= maxCharacters ? characters.join('') : `${characters.slice(0, maxCharacters - 1).join('')}…`;
  return escapeMarkup(cut);
}

function escapeMarkup(text: string): string {
  return text.replace(MARKUP, '\\$&');
}
