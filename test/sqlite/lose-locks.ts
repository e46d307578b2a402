import { closeSync, openSync } from 'node:fs';
import { AttachedFiles } from '../../src/sqlite/attached-files.ts';
import { LiveDatabase } from '../../src/sqlite/live-database.ts';
import { marksOf } from './live-fixture.ts';

// A program that does what the rest must never do: closes a descriptor of its own on a file that is attached.
const [path, suffix] = process.argv.slice(2) as [string, string];
const live = LiveDatabase.open(path, new AttachedFiles());
const before = { hasLocks: live.hasLocks(), marks: marksOf(path) };
closeSync(openSync(path + suffix, 'r'));
console.log(JSON.stringify({ before, after: { hasLocks: live.hasLocks(), marks: marksOf(path) } }));
