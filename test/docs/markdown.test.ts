import { describe, expect, test } from 'vitest';
import { anchorsOf, codeBlocks, linksOf, pathsInCode, tableRows } from './markdown.ts';

describe('codeBlocks', () => {
  test('returns language, flags, text and place', () => {
    const markdown = 'a\n```ts no-run\nconst a = 1;\n\nconst b = 2;\n```\n```\nx\n```\n';
    expect(codeBlocks('a.md', markdown)).toEqual([
      { place: 'a.md:2', language: 'ts', flags: ['no-run'], text: 'const a = 1;\n\nconst b = 2;' },
      { place: 'a.md:7', language: '', flags: [], text: 'x' },
    ]);
  });

  test('refuses a block without an end', () => {
    expect(() => codeBlocks('a.md', '```ts\nconst a = 1;\n')).toThrow('a.md:1');
  });
});

describe('linksOf', () => {
  test('finds links in text but not in code', () => {
    const markdown = '[a](b.md#c) and [d](e)\n`[f](g)`\n```\n[h](i)\n```\n[j](k)';
    expect(linksOf(markdown)).toEqual([
      { target: 'b.md#c', line: 1 },
      { target: 'e', line: 1 },
      { target: 'k', line: 6 },
    ]);
  });
});

describe('anchorsOf', () => {
  test('names headings as GitHub does', () => {
    const markdown = '# What it is\n## `CLOSED`\n## A, b: c-d\n```\n# no heading\n```\n## A, b: c-d\n';
    expect(anchorsOf(markdown)).toEqual(['what-it-is', 'closed', 'a-b-c-d', 'a-b-c-d-1']);
  });
});

describe('pathsInCode', () => {
  test('finds only files of the repository', () => {
    expect(pathsInCode('`src/a/b-c.ts`, `docs/x.md`, `src/log`, src/d.ts and `new MemoryStorage()`')).toEqual([
      'src/a/b-c.ts',
      'docs/x.md',
    ]);
  });
});

describe('tableRows', () => {
  test('gives cells', () => {
    expect(tableRows('| a | `b` |\n| --- | ---: |\n| 1 | 2 |\ntext')).toEqual([
      ['a', 'b'],
      ['---', '---:'],
      ['1', '2'],
    ]);
  });
});
