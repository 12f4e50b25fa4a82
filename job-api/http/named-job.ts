/** Longest beginning of a broken answer that is looked at: ids stand first, and an output after them may be large. */
const LOOKED_AT_CHARACTERS = 64 * 1024;

/** Where the dialects have the id: bare, or in an envelope. Anywhere else an `id` may be of whatever was sent. */
const PLACES: ReadonlySet<string> = new Set(['.id', '.data.id', '.job.id']);
const ID = /^[\w-]{1,200}$/;
/** A whole text, a sign, or a word. What is none ends the look: the text that the cut went through, for one. */
const TOKEN = /\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([{}[\]:,])|([^\s"'{}[\]:,]+))/gsy;

/**
 * The id of the job that an answer names, though it is no JSON: cut in the middle, or with the quotes of another language.
 * Undefined where none can be read whole, or where it is not clear which.
 *
 * It is a hint and no more: whoever takes it for a job asks the provider for it first.
 */
export function jobIdNamedIn(text: string): string | undefined {
  const found = new Set<string>();
  /** The names under which the lists and objects around stand, from the outermost in. */
  const around: string[] = [];
  let name = '';
  let isValue = false;
  for (const [, double, single, sign] of text.slice(0, LOOKED_AT_CHARACTERS).matchAll(TOKEN)) {
    const written = double ?? single;
    switch (sign) {
      case '{':
      case '[':
        around.push(sign === '{' ? name : '[]');
        name = '';
        isValue = false;
        break;
      case '}':
      case ']':
        around.pop();
        isValue = false;
        break;
      case ':':
        isValue = true;
        break;
      case ',':
        isValue = false;
        name = '';
        break;
      default:
        if (!isValue) name = written ?? '';
        else if (written !== undefined && PLACES.has([...around, name].join('.'))) found.add(written);
    }
  }
  const [id, another] = found;
  return id !== undefined && another === undefined && ID.test(id) ? id : undefined;
}
