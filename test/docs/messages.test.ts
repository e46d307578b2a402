import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { projectFiles } from '../support/project-files.ts';
import { projectRoot } from '../support/project-root.ts';

/** The sources with every placeholder of a template as one sign, and strings that go on as one. */
const sources = ['src', 'cmd']
  .flatMap((folder) => projectFiles(folder, '.ts'))
  .map((path) =>
    readFileSync(join(projectRoot, path), 'utf8')
      .replace(/\$\{[^}]*\}/g, '…')
      .replaceAll('\\`', '`'),
  )
  .join('\n');

/** The messages in the first column of the tables. */
function messagesOf(page: string): string[] {
  const cells = [...page.matchAll(/^\| (`[^|]+) \|/gm)].map(([, cell = '']) => cell);
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, message = '']) => message));
}

/**
 * What of a message has to stand in the sources as it is: the parts between what differs. Errors are put together of
 * "Cannot ACT OBJECT: STATE", so both sides of the first colon may stand in different places.
 */
function partsOf(message: string): string[] {
  return message
    .split('…')
    .flatMap((part) => part.split(/^: |: (?=[a-z])/))
    .map((part) => part.replace(/^[\s:,;]+|[\s:,;]+$/g, ''))
    .filter((part) => part.length > 2);
}

test('every message that the troubleshooting page quotes is one of the sources', () => {
  const page = readFileSync(join(projectRoot, 'docs/troubleshooting.md'), 'utf8');
  const messages = messagesOf(page);
  assert.ok(messages.length > 60, `${messages.length}`);
  const unknown = messages.flatMap((message) => {
    const missing = partsOf(message).filter((part) => !sources.includes(part));
    return missing.length === 0 ? [] : [`${message} (${missing.join(' | ')})`];
  });
  assert.deepEqual(unknown, []);
  assert.equal(new Set(messages).size, messages.length);
});
