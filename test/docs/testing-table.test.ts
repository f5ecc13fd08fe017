// Why this test: the table of faults makes statements about the tests. Its files must exist, and no row may be missing.
import { describe, expect, test } from 'vitest';
import { repositoryFiles, repositoryText } from '../tidy/repository-files.ts';
import { tableRows } from './markdown.ts';

const FAULTS = 26;

const document = repositoryText('docs/testing.md');
const testFiles: ReadonlySet<string> = new Set(repositoryFiles('', ['.test.ts']).map(({ path }) => path));

/** Rows of a table that begin with a number. */
function faultRows(markdown: string): string[][] {
  return tableRows(markdown).filter(([number = '']) => /^\d+$/.test(number));
}

/** The errors of a row. */
function faultsOf([number, name = '', files = '']: readonly string[], present: ReadonlySet<string>): string[] {
  const paths = files.split(',').map((path) => path.trim());
  const missing = paths.filter((path) => !present.has(path)).map((path) => `${number}: no test file ${path}`);
  return name === '' ? [`${number}: no name`, ...missing] : missing;
}

describe('the table of faults in docs/testing.md', () => {
  const rows = faultRows(document);

  test('has every fault once, in order', () => {
    const numbers = Array.from({ length: FAULTS }, (_, index) => String(index + 1));
    expect(rows.map(([number]) => number)).toEqual(numbers);
  });

  test.each(rows)('%s, %s: its tests exist', (...row) => {
    expect(faultsOf(row, testFiles)).toEqual([]);
  });
});

describe('the check', () => {
  test('finds a row without a name, without files, and with a file that is not there', () => {
    const present = new Set(['test/a.test.ts']);
    const rows = faultRows('| # | b |\n| --- | --- |\n| 1 | | `test/a.test.ts` |\n| 2 | c | |\n| 3 | d | `e.ts` |');
    expect(rows.map((row) => faultsOf(row, present))).toEqual([
      ['1: no name'],
      ['2: no test file '],
      ['3: no test file e.ts'],
    ]);
  });
});
