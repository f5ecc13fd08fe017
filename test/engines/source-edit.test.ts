/*
 * Why this test: the sweeps prove nothing once a fault is no longer in the engine. If a change of the sources leaves an
 * edit without its place, this test shows all such edits at once and what to adjust, before a sweep of minutes does.
 */
import { describe, expect, test } from 'vitest';
import { BROKEN_FOR_CORRUPTION } from './broken-for-corruption.ts';
import { BROKEN_FOR_CRASHES } from './broken-for-crashes.ts';
import { BROKEN_FOR_ERRORS } from './broken-for-errors.ts';
import { engineSources } from './engine-source.ts';
import { edited } from './source-edit.ts';

describe('the engine of the sources can be built', () => {
  const broken = [...BROKEN_FOR_CORRUPTION, ...BROKEN_FOR_CRASHES, ...BROKEN_FOR_ERRORS];

  test.each(broken)('so that $fault', ({ edits }) => {
    for (const edit of edits) expect(edited(engineSources(), [edit])).not.toEqual(engineSources());
  });
});

describe('an edit', () => {
  const sources = new Map([
    ['log.ts', 'class Log {\n  #end = 0;\n  sync(): void {\n    // All of it.\n    this.file.sync();\n  }\n}\n'],
    ['page.ts', 'export const PAGE_BYTES: number = 64 * 1024;\nif (page.pinned) {\n  file.sync();\n}\n'],
  ]);

  const changed = (edit: Parameters<typeof edited>[1][number]): string => {
    return [...edited(sources, [edit])].filter(([file, text]) => text !== sources.get(file)).join();
  };

  test('finds code by its structure, with any text for the wildcards', () => {
    expect(changed({ find: 'if ($page.pinned) $file.sync();', replace: '$file.flush($page);' })).toBe(
      'page.ts,export const PAGE_BYTES: number = 64 * 1024;\nfile.flush(page);\n',
    );
  });

  test('is limited to a class, and leaves an empty statement for an empty replacement', () => {
    expect(changed({ within: 'Log', find: '$file.sync($$none);', replace: '' })).toContain('// All of it.\n    ;\n');
  });

  test('changes a constant in any file', () => {
    expect(changed({ constant: 'PAGE_BYTES', value: '8' })).toContain('PAGE_BYTES: number = 8;');
  });

  test('that matches two places names them', () => {
    expect(() => edited(sources, [{ find: '$file.sync();', replace: '' }])).toThrow(
      /fits 2 places in the engine, not one: narrow it[\s\S]+src\/log\.ts:5: this\.file\.sync\(\);\n {2}src\/page\.ts:3: /,
    );
  });

  test('that matches no place names the most similar lines', () => {
    expect(() => edited(sources, [{ within: 'Log', find: '$file.pinned;', replace: '' }])).toThrow(
      /fits no place in `Log`: change `find` \(and `within`\)[\s\S]+\$file\.pinned;[\s\S]+src\/page\.ts:2: if \(page\.pinned\)/,
    );
    expect(() => edited(sources, [{ constant: 'PAGE_SIZE', value: '8' }])).toThrow(/no source[\s\S]+PAGE_BYTES/);
  });

  test('requires the same text for the same wildcard', () => {
    const find = '$a + $a';
    expect(changedSum('x + x', find)).toBe('y');
    expect(() => changedSum('x + z', find)).toThrow('no place');
  });
});

function changedSum(text: string, find: string): string | undefined {
  return edited(new Map([['sum.ts', text]]), [{ find, replace: 'y' }]).get('sum.ts');
}
