// Why this test: a path through the source leads nowhere when a method is renamed, and its hour becomes two, line by line.
import { describe, expect, test } from 'vitest';
import { repositoryFiles, repositoryText } from '../tidy/repository-files.ts';
import { calledNames, declaredLines, minutesOf, tracesOf } from './reading-path.ts';

/** Between the 12 and 15 lines a minute that the document promises. */
const LINES_PER_MINUTE = 13.5;
const MINUTES_MAX = 60;
const FILES_MAX = 15;

const document = repositoryText('docs/reading-the-source.md');
const traces = tracesOf(document);
const minutes = minutesOf(document);

describe('docs/reading-the-source.md', () => {
  const everyName = new Set(repositoryFiles('src', ['.ts']).flatMap(({ text }) => [...declaredLines(text).keys()]));

  test('follows five calls through at most fifteen files in an hour', () => {
    expect(traces.map(({ name }) => name)).toEqual([...minutes.keys()]);
    expect(traces).toHaveLength(5);
    expect(new Set(traces.flatMap(({ stops }) => stops.map(({ path }) => path))).size).toBeLessThanOrEqual(FILES_MAX);
    expect([...minutes.values()].reduce((sum, each) => sum + each)).toBeLessThanOrEqual(MINUTES_MAX);
  });

  test.each(traces)('trace $name: what it names exists and can be read in its minutes', ({ name, stops }) => {
    const missing: string[] = [];
    let lines = 0;
    for (const { path, names } of stops) {
      const declared = declaredLines(repositoryText(path));
      for (const each of names) {
        lines += declared.get(each) ?? 0;
        if (!declared.has(each)) missing.push(`${path}: ${each}`);
      }
    }
    expect(missing).toEqual([]);
    expect(lines, `trace ${name} has ${lines} lines`).toBeLessThanOrEqual((minutes.get(name) ?? 0) * LINES_PER_MINUTE);
  });

  test.each(traces)(
    'trace $name: has a call tree of names that exist, a question and its answer in a fold',
    ({ text }) => {
      const called = calledNames(text);
      expect(called.length).toBeGreaterThan(5);
      expect(called.filter((each) => !everyName.has(each))).toEqual([]);
      expect(text).toMatch(
        /^\*\*Question\.\*\* [\s\S]+^<details>\n<summary>Answer<\/summary>\n\n[\s\S]+^<\/details>$/m,
      );
    },
  );

  test('names no private method that does not exist', () => {
    const named = [...document.matchAll(/`(#\w+)`/g)].map(([, name = '']) => name);
    expect(named.filter((each) => !everyName.has(each))).toEqual([]);
  });
});

describe('declaredLines', () => {
  test('counts a function with its comment, and of a class the comment', () => {
    const source = '/**\n * A.\n */\nclass A {\n  /** B. */\n  #b(): void {\n  }\n}\n\nfunction c() {\n}\n';
    expect([...declaredLines(source)]).toEqual([
      ['A', 4],
      ['#b', 3],
      ['c', 2],
    ]);
  });
});

test('calledNames finds the last names of a tree', () => {
  expect(calledNames('a\n```text\nLogCache.put\n  #b    why\n  C.d   is e?\n```\n')).toEqual(['put', '#b', 'd']);
});
