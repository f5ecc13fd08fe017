// Why this test: readers follow links. Links and file names in documents break when something is renamed.
import { posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type RepositoryFile, repositoryFiles } from '../tidy/repository-files.ts';
import { anchorsOf, linksOf, pathsInCode } from './markdown.ts';

const documents = repositoryFiles('', ['.md']);
const everyPath: ReadonlySet<string> = new Set(repositoryFiles('', ['']).map(({ path }) => path));

/** The broken links of a document within the repository. */
function linkFaults(document: RepositoryFile, paths: ReadonlySet<string>, all: readonly RepositoryFile[]): string[] {
  return linksOf(document.text).flatMap(({ target, line }) => {
    if (/^[a-z]+:/.test(target)) return [];
    const [file = '', anchor] = target.split('#');
    const path = file === '' ? document.path : posix.join(posix.dirname(document.path), file);
    const place = `${document.path}:${line}: ${target}`;
    if (!paths.has(path)) return [`${place}: no such file`];
    const linked = all.find((other) => other.path === path);
    const found = anchor === undefined || (linked !== undefined && anchorsOf(linked.text).includes(anchor));
    return found ? [] : [`${place}: no such heading`];
  });
}

describe('the documents', () => {
  test('all exist', () => {
    const names = ['format', 'durability', 'design', 'decisions', 'tuning', 'errors', 'testing', 'reading-the-source'];
    const paths = ['README.md', 'CHANGELOG.md', ...names.map((name) => `docs/${name}.md`)];
    expect(documents.map(({ path }) => path)).toEqual(expect.arrayContaining(paths));
  });

  test.each(documents)('$path: its links exist', (document) => {
    expect(linkFaults(document, everyPath, documents)).toEqual([]);
  });

  test.each(documents)('$path: the files it names exist', ({ text }) => {
    expect(pathsInCode(text).filter((path) => !everyPath.has(path))).toEqual([]);
  });
});

test('docs/decisions.md begins with a list of all its decisions', () => {
  const { text } = documents.find(({ path }) => path === 'docs/decisions.md') as RepositoryFile;
  const listed = linksOf(text.slice(0, text.indexOf('\n## '))).map(({ target }) => target);
  expect(listed.toSorted()).toEqual(
    anchorsOf(text)
      .slice(1)
      .map((anchor) => `#${anchor}`)
      .toSorted(),
  );
});

describe('linkFaults', () => {
  const text = '[a](b.md) [c](b.md#d-e) [f](#g) [h](https://example.org/x) [i](../j.md)\n# G\n';
  const document = { path: 'docs/a.md', text };
  const other = { path: 'docs/b.md', text: '## D, e\n' };

  test('accepts links that exist', () => {
    const paths = new Set(['docs/a.md', 'docs/b.md', 'j.md']);
    expect(linkFaults(document, paths, [document, other])).toEqual([]);
  });

  test('finds missing files and headings', () => {
    const paths = new Set(['docs/a.md', 'docs/b.md']);
    const without = { path: 'docs/b.md', text: '## Something else\n' };
    expect(linkFaults(document, paths, [document, without])).toEqual([
      'docs/a.md:1: b.md#d-e: no such heading',
      'docs/a.md:1: ../j.md: no such file',
    ]);
  });
});
