// Why this test: a document that the site does not list is not found there, and typedoc does not report it.
import { describe, expect, test } from 'vitest';
import { repositoryFiles, repositoryText } from '../tidy/repository-files.ts';

const { projectDocuments, groupOrder } = JSON.parse(repositoryText('typedoc.json')) as {
  projectDocuments: string[];
  groupOrder: string[];
};
const plugin = repositoryText('docs/site/typedoc-plugin.mjs');

describe('the site', () => {
  const documents = ['CHANGELOG.md', 'CONTRIBUTING.md', ...repositoryFiles('docs', ['.md']).map(({ path }) => path)];

  test('has every document once', () => {
    expect([...projectDocuments].sort()).toEqual(documents);
  });

  test.each(documents)('has %s in one group', (path) => {
    const name = /^(?:docs\/)?(.+)\.md$/.exec(path)?.[1];
    expect(plugin.split(`'${name}'`)).toHaveLength(2);
  });

  test('has its groups by reader, in order, before the modules', () => {
    const groups = [...plugin.matchAll(/^ {2}\[\s*'(\w+)',\s*\[/gm)].map(([, group]) => group);
    expect(groups).toEqual(['Guide', 'Operate', 'Internals']);
    expect(groupOrder).toEqual([...groups, 'Modules', '*']);
  });

  test.each([
    ['src/index.ts', 'projection-cache'],
    ['src/testing/index.ts', 'projection-cache/testing'],
    ['src/browser/index.ts', 'projection-cache/browser'],
  ])('names the module of %s %s, as it is imported', (path, name) => {
    expect(repositoryText(path)).toContain(`\n * @module ${name}\n`);
  });
});
