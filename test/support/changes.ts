import type { Random } from './random.ts';

const rowLimit = 300;

/** What an append-only row holds follows from its number, so that a lost one shows in every later state. */
const logBody = "printf('%d:%.*c', id, (id * 37) % 180 + 1, char(97 + id % 26))";

/** 1 when the append-only table has no gap and every row is as it was written, and what SQLite says of the file. */
export const soundnessQuery = `select (select count(*) = coalesce(max(id), 0) and coalesce(sum(body <> ${logBody}), 0) = 0 from log),
  (select group_concat(integrity_check) from pragma_integrity_check)`;

export const schema = [
  'create table log(id integer primary key, body text not null)',
  'create table data(id integer primary key, a text, b blob)',
  'create index data_a on data(a)',
];

/** One transaction or a few, each small. */
export function commits(random: Random): string[] {
  return Array.from({ length: random.int(1, 4) }, () => ['begin immediate', ...smallChanges(random), 'commit']).flat();
}

/** One transaction over many pages, in a database that stays small. */
export function bigCommit(random: Random): string[] {
  const first = random.int(1, rowLimit / 2);
  const bytes = random.int(100, 1_500);
  return [
    'begin immediate',
    ...append(random.int(20, 80)),
    `with recursive n(i) as (select ${first} union all select i + 1 from n where i < ${first + random.int(50, 150)})
     insert or replace into data select i, hex(randomblob(8)), randomblob(${bytes}) from n`,
    ...(random.chance(0.4) ? comeAndGo(random) : []),
    'commit',
  ];
}

/** Pages become free, or the file shorter, as auto_vacuum has it. */
export function deletion(random: Random): string[] {
  const divisor = random.int(1, 4);
  const statements = [`delete from data where id % ${divisor} = 0`];
  if (random.chance(0.5)) statements.push('pragma incremental_vacuum');
  return statements;
}

/** Never ends by itself: a transaction too large for the cache, so that frames reach the WAL without a commit. */
export function openTransaction(): string[] {
  return ['begin immediate', ...append(20), 'update data set b = randomblob(length(b))'];
}

/** Makes a database grow by pages that nothing uses at the end of the same transaction. */
function comeAndGo(random: Random): string[] {
  const fill = `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${random.int(20, 60)})`;
  const gone = random.pick(['drop table passing', 'delete from data where id % 3 <> 0']);
  return [
    'create table passing(a)',
    `${fill} insert into passing select randomblob(700) from n`,
    gone,
    'drop table if exists passing',
  ];
}

function smallChanges(random: Random): string[] {
  const id = random.int(1, rowLimit);
  const change = random.pick([
    `insert or replace into data values(${id}, hex(randomblob(8)), randomblob(${random.int(0, 400)}))`,
    `update data set a = hex(randomblob(8)) where id > ${id} and id < ${id + 5}`,
    `delete from data where id = ${id}`,
  ]);
  return [...append(random.int(1, 4)), change];
}

function append(count: number): string[] {
  return [
    `with recursive n(id) as (select coalesce(max(id), 0) + 1 from log union all
     select id + 1 from n limit ${count}) insert into log select id, ${logBody} from n`,
  ];
}
