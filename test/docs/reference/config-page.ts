import { type DescribedSchema, describedConfigSchema } from '../../../src/config/schema/json-schema.ts';
import { code, generatedBy, plain, table } from './markdown.ts';

/** What every replica has, whatever its type, in the order of the page. */
const ofEveryReplica = [
  'url',
  'type',
  'path',
  'name',
  'sync-interval',
  'auto-recover',
  'age',
  'validation-interval',
  'max-sync-ltx-files',
];

/** Lists and maps with a table of their own. */
const links: Readonly<Record<string, string>> = {
  dbs: 'a list of [databases](#a-database)',
  replica: 'a [replica](#a-replica)',
  replicas: 'a list of [replicas](#a-replica)',
};

/** docs/reference/config.md: every key of the schema, with what the schema says of it. */
export function configPage(): string {
  const file = describedConfigSchema().properties ?? {};
  const database = file.dbs?.items?.properties ?? {};
  const replica = database.replica?.properties ?? {};
  const foreign = Object.keys(replica).filter((name) => isForeign(replica[name]!));
  const ofS3 = Object.keys(replica).filter((name) => !ofEveryReplica.includes(name) && !foreign.includes(name));
  return [
    generatedBy('src/config/schema'),
    '# Configuration',
    [
      'Read from `/etc/litestream.yml`, `$LITESTREAM_CONFIG` or where `-config` says.',
      `${code('$VARIABLE')} and ${code('$\u007bVARIABLE}')} are replaced from the environment, ${code('$PID')} by the process id; ${code('-no-expand-env')} keeps them.`,
      'A key that does not exist is an error with its line.',
      '[litestream.yml](../../litestream.yml) has every key in one annotated file, `litestream config -check` prints what a file comes to, and `litestream config -schema` a JSON schema for editors.',
    ].join(' '),
    'Durations are written as `500ms`, `1m30s`, `24h`; sizes as `500KB`, `64MB` (1000-based), `64MiB` (1024-based) or a number of bytes. The last column says whether Litestream v0.5 has the key.',
    '## At the top of the file',
    keysTable(
      file,
      Object.keys(file).filter((name) => !(name in replica)),
    ),
    'Keys of [S3](#s3), and `sync-interval`, `auto-recover` and `age` of [replicas](#a-replica), may stand here too: they are defaults for every replica.',
    '## A database',
    'An entry of `dbs`.',
    keysTable(database, Object.keys(database)),
    '## A replica',
    'What stands under `replica`, or an entry of `replicas`.',
    keysTable(replica, ofEveryReplica),
    '## S3',
    'Beside a replica of type `s3`. [replicas.md](../replicas.md#s3) has the forms of URLs and what follows for known stores.',
    keysTable(replica, ofS3),
    '## Not served yet',
    `Litestream's settings for other types of replicas are an error beside a replica, and wait for such replicas at the top of the file: ${foreign.map(code).join(', ')}.`,
  ].join('\n\n');
}

/** Settings of types to come: refused, and not described. */
function isForeign({ later, description }: DescribedSchema): boolean {
  return later === true && description === undefined;
}

function keysTable(keys: Readonly<Record<string, DescribedSchema>>, names: readonly string[]): string {
  const rows = names.flatMap((name) => rowsOf(name, keys[name]!));
  return table(['key', 'value', 'default', 'what it says', 'Litestream'], rows);
}

/** One row for a key, or one for each key of the map or list that it holds. */
function rowsOf(name: string, schema: DescribedSchema): string[][] {
  const { properties, items, initial, otherwise, later, ours, description = '' } = schema;
  if (!(name in links)) {
    if (properties !== undefined)
      return Object.entries(properties).flatMap(([key, value]) => rowsOf(`${name}.${key}`, value));
    if (items?.properties !== undefined) {
      return Object.entries(items.properties).flatMap(([key, value]) =>
        rowsOf(`${name}[].${key}`, { ...value, otherwise, description: `${description}: ${value.description}` }),
      );
    }
  }
  const usual = initial === undefined ? plain(otherwise ?? '') : code(String(initial));
  const meaning = `${plain(description)}${later ? '; **not supported yet**' : ''}`;
  return [[code(name), links[name] ?? plain(kindOfValue(schema)), usual, meaning, ours ? 'no' : 'yes']];
}

/** The kind of value in a word or two, or what is allowed. */
function kindOfValue({ form = '', type, enum: choices, items }: DescribedSchema): string {
  if (choices !== undefined) return choices.join(', ');
  if (items !== undefined) return 'a list';
  if (type === 'boolean') return 'true or false';
  return form.replace(/ with its unit, such as \S+, \S+ or \S+(?=,|$)/, '').replace(/^a size .*/, 'a size');
}
