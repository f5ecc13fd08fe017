import { expect, test } from 'vitest';
import { type MutationReport, reportText } from './mutation-report.ts';

const place = { start: { line: 2, column: 10 }, end: { line: 2, column: 15 } };
const report: MutationReport = {
  files: {
    'src/a.ts': {
      source: 'function f() {\n  return a + b;\n}\n',
      mutants: [
        { status: 'Killed', replacement: 'a - b', location: place },
        { status: 'Timeout', replacement: 'a * b', location: place },
        { status: 'Survived', replacement: 'b', location: place },
        { status: 'Ignored', replacement: 'a', location: place },
      ],
    },
    'src/b.ts': { source: 'f();\n', mutants: [] },
  },
};

test('a mutation report shows how many changes were detected, and which were not', () => {
  const lines = reportText(report).split('\n');
  expect(lines[1]).toMatch(/^src\/a\.ts +3 +1 +1 +1 +0 +66\.7 %$/);
  expect(lines[2]).toMatch(/^src\/b\.ts +0 +0 +0 +0 +0 +-$/);
  expect(lines[3]).toMatch(/^all +3 +1 +1 +1 +0 +66\.7 %$/);
  expect(lines.slice(4)).toEqual(['', 'src/a.ts:2:10 survived', '  - a + b', '  + b']);
});
