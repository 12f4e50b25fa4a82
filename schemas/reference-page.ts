/** The page that lists every field, made from the same JSON Schemas that editors read. */
import { JSON_SCHEMAS, type JsonSchema } from './json-schemas.js';

interface Row {
  readonly path: string;
  readonly type: string;
  readonly description: string;
  /** `required`, or empty where nothing takes the place of an absent field. */
  readonly byDefault: string;
}

const HEAD = `# Reference

Every field of \`jobrelay.yaml\` and of a pipeline. Made by \`npm run schemas\` from the schemas that check them: do not edit. The guides are
[configuration.md](configuration.md) and [pipelines.md](pipelines.md).

## In an editor

The same schemas are in the package, for editors with a YAML language server: they complete fields, show these descriptions, and underline what is wrong. First line of a file,
in a project that has \`jobrelay\` installed:

\`\`\`yaml
# yaml-language-server: $schema=./node_modules/jobrelay/schemas/pipeline.schema.json
\`\`\`

and \`jobrelay.schema.json\` for \`jobrelay.yaml\`; the path is relative to the file. For all files at once, in the settings of VS Code:

\`\`\`json
{
  "yaml.schemas": {
    "./node_modules/jobrelay/schemas/jobrelay.schema.json": "jobrelay.yaml",
    "./node_modules/jobrelay/schemas/pipeline.schema.json": "pipelines/*.yaml"
  }
}
\`\`\`

What needs more than the file, or more than one field, is checked by \`jobrelay run\` and by the worker alone: names of endpoints and steps, cycles, expressions, durations over 7 days.
A default is what holds where nothing says otherwise: see [precedence](configuration.md#precedence).
`;

/** The page as Markdown. */
export function referencePage(): string {
  return [HEAD, section('jobrelay.yaml', JSON_SCHEMAS.jobrelay), section('Pipeline', JSON_SCHEMAS.pipeline)].join('\n');
}

function section(title: string, schema: JsonSchema): string {
  const rows = fieldsOf(schema, '').map(
    ({ path, type, description, byDefault }) => `| \`${path}\` | ${cell(type)} | ${cell(description)} | ${byDefault} |`,
  );
  return [
    `## ${title}`,
    '',
    '| field | type | what it says | default |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

/** The fields inside a schema, depth first, in the order in which they were written. */
function fieldsOf(schema: JsonSchema, path: string): readonly Row[] {
  const { properties = {}, required = [], additionalProperties, items, anyOf = [] } = schema;
  const named = Object.entries(properties).flatMap(([name, field]) =>
    rowsOf(field as JsonSchema, path === '' ? name : `${path}.${name}`, required.includes(name)),
  );
  const byName = isSchema(additionalProperties) ? rowsOf(additionalProperties, `${path}.NAME`, false) : [];
  // One item is written like the items of a list: what both are made of is listed once.
  const [inOne = []] = [...anyOf, items]
    .filter(isSchema)
    .map((inner) => fieldsOf(inner, path))
    .filter((rows) => rows.length > 0);
  return [...named, ...byName, ...inOne];
}

function rowsOf(field: JsonSchema, path: string, isRequired: boolean): readonly Row[] {
  const { description = '', default: value } = field;
  const byDefault = isRequired ? 'required' : value === undefined ? '' : `\`${value}\``;
  return [{ path, type: typeOf(field), description, byDefault }, ...fieldsOf(field, path)];
}

function typeOf(schema: JsonSchema): string {
  const { title, const: only, enum: values, anyOf, type, items, minimum, maximum } = schema;
  if (title !== undefined) return title;
  if (only !== undefined) return `\`${only}\``;
  if (values !== undefined) return values.map((value) => `\`${value}\``).join(' or ');
  if (anyOf !== undefined && type === undefined) {
    return [...new Set(anyOf.filter(isSchema).map(typeOf))].join(' or ');
  }
  switch (type) {
    case 'array':
      return isSchema(items) && Object.keys(items).length > 0
        ? `list of ${typeOf(items).replace(/.* or .*/, '($&)')}`
        : 'list';
    case 'object':
      return isSchema(schema.allOf?.[0]) ? 'JSON Schema' : 'map';
    case 'boolean':
      return '`true` or `false`';
    case 'integer':
      return maximum === undefined ? 'whole number' : `whole number, ${minimum} to ${maximum}`;
    case 'number':
      return 'number';
    case 'string':
      return 'text';
    default:
      return 'anything';
  }
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
