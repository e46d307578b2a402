import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { projectFiles } from '../support/project-files.ts';
import { projectRoot } from '../support/project-root.ts';

const pages = ['README.md', 'CONTRIBUTING.md', ...projectFiles('docs', '.md'), ...projectFiles('examples', '.md')];

/** A page without its blocks of code, where brackets mean something else. */
function prose(page: string): string {
  return readFileSync(join(projectRoot, page), 'utf8').replace(/^( *)```[\s\S]*?^\1```$/gm, '');
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): Set<string> {
  const counts = new Map<string, number>();
  const headings = [...prose(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => {
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-');
    const count = counts.get(slug) ?? 0;
    counts.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
  return new Set(headings);
}

interface Link {
  readonly page: string;
  readonly target: string;
}

const links: readonly Link[] = pages.flatMap((page) =>
  [
    ...prose(page)
      .replace(/`[^`\n]*`/g, '')
      .matchAll(/\]\(([^)\s]+)\)/g),
  ].map(([, target = '']) => ({ page, target })),
);

test('every relative link of the docs leads to a file and a heading', () => {
  const relatives = links.filter(({ target }) => !/^[a-z]+:/.test(target));
  assert.ok(relatives.length > 150, `${relatives.length}`);
  const broken = relatives.filter(({ page, target }) => {
    const [path = '', anchor] = target.split('#');
    const file = path === '' ? page : relative(projectRoot, join(projectRoot, dirname(page), path));
    if (!existsSync(join(projectRoot, file))) return true;
    return anchor !== undefined && !anchorsOf(file).has(anchor);
  });
  assert.deepEqual(broken, []);
});

test('the index of the docs has every page', () => {
  const index = 'docs/README.md';
  const listed = links.filter(({ page }) => page === index).map(({ target }) => join('docs', target));
  const left = pages.filter((page) => page.startsWith('docs/') && page !== index && !listed.includes(page));
  assert.deepEqual(left, []);
});

test('every drawing has a title and a description', () => {
  const drawings = projectFiles('docs/drawings', '.svg');
  assert.ok(drawings.length >= 3);
  for (const drawing of drawings) {
    const svg = readFileSync(join(projectRoot, drawing), 'utf8');
    for (const part of ['title', 'desc'])
      assert.match(svg, new RegExp(`<${part} id="${part}">[^<]{10,}</${part}>`), drawing);
    assert.match(svg, /role="img" aria-labelledby="title desc"/);
    assert.match(svg, /prefers-color-scheme: dark/);
  }
});
