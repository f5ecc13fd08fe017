import { describe, expect, test } from 'vitest';
import { sequenceOf } from '../../docs/examples/git-history/file-change.ts';
import { NumstatParser } from '../../docs/examples/git-history/numstat-parser.ts';

const output = 'commit 100\0\n1\t2\ta b\0-\t-\tpicture\0commit 200\0commit 300\0\n3\t0\t1\t2\tnew\nline\0';

const events = [
  { sequence: sequenceOf(1, 1), event: { commit: 1, committedAt: 100, path: 'a b', linesAdded: 1, linesRemoved: 2 } },
  {
    sequence: sequenceOf(1, 2),
    event: { commit: 1, committedAt: 100, path: 'picture', linesAdded: 0, linesRemoved: 0 },
  },
  {
    sequence: sequenceOf(3, 1),
    event: { commit: 3, committedAt: 300, path: '1\t2\tnew\nline', linesAdded: 3, linesRemoved: 0 },
  },
];

describe('NumstatParser', () => {
  test('reads commits, text and binary files, an empty commit and a path with tabs and newlines', () => {
    expect([...new NumstatParser().push(output)]).toEqual(events);
  });

  test('reads the same however the output is split into chunks', () => {
    for (let cut = 0; cut <= output.length; cut += 1) {
      const parser = new NumstatParser();
      expect([...parser.push(output.slice(0, cut)), ...parser.push(output.slice(cut))]).toEqual(events);
      parser.end();
    }
  });

  test('refuses unknown lines and incomplete output', () => {
    expect(() => [...new NumstatParser().push('warning: odd\0')]).toThrow('something unknown: "warning: odd"');
    const parser = new NumstatParser();
    expect([...parser.push('commit 1\0\n5\t')]).toEqual([]);
    expect(() => parser.end()).toThrow('stopped in the middle');
  });
});

describe('sequences', () => {
  test('ascend by commit first and by position in the commit second', () => {
    const ascending = [sequenceOf(1, 1), sequenceOf(1, 2), sequenceOf(1, 2 ** 32 - 1), sequenceOf(2, 1)];
    expect([...ascending].sort((a, b) => (a < b ? -1 : 1))).toEqual(ascending);
  });
});
