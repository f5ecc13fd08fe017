import { describe, expect, test } from 'vitest';
import { activityStreams, pathOfFile } from '../../docs/examples/git-history/activity-stream.ts';
import { busiestFiles } from '../../docs/examples/git-history/busiest-files.ts';
import { type FileActivity, fileActivity } from '../../docs/examples/git-history/file-activity.ts';
import { type RecordedChange, sequenceOf } from '../../docs/examples/git-history/file-change.ts';
import { HistoryLog } from '../../docs/examples/git-history/history-log.ts';
import { Snapshot } from '../../docs/examples/git-history/snapshot.ts';
import { type CacheEntry, LogCache, MemoryStorage, NoCache, Projector } from '../../src/index.ts';

function change(commit: number, position: number, path: string, linesAdded: number, linesRemoved = 0): RecordedChange {
  const event = { commit, committedAt: commit * 100, path, linesAdded, linesRemoved };
  return { sequence: sequenceOf(commit, position), event };
}

const changes = [
  change(1, 1, 'README', 10),
  change(1, 2, 'src/a.ts', 5),
  change(1, 3, 'src/deep/b.ts', 7),
  change(3, 1, 'src/a.ts', 2, 1),
  change(3, 2, 'src2/c.ts', 1),
  change(4, 1, 'README', 0, 10),
];

function historyOf(all: readonly RecordedChange[]): HistoryLog {
  const history = new HistoryLog('test');
  for (const recorded of all) history.append(recorded);
  return history;
}

describe('activityStreams', () => {
  test('are the file, its directories from the innermost outward, and the root', () => {
    expect([...activityStreams('src/log/page.ts')]).toEqual([
      ...['file:src/log/page.ts', 'directory:src/log/', 'directory:src/', 'directory:/'],
    ]);
    expect([...activityStreams('README')]).toEqual(['file:README', 'directory:/']);
    expect([...activityStreams('é/日本')]).toEqual(['file:é/日本', 'directory:é/', 'directory:/']);
  });

  test('contain the path of a file', () => {
    expect([...activityStreams('a/b')].map(pathOfFile)).toEqual(['a/b', undefined, undefined]);
  });
});

describe('HistoryLog', () => {
  const history = historyOf(changes);
  const sequences = (stream: string, commit: number, after?: bigint): bigint[] =>
    [...history.until(commit).read(stream, [], after)].map(({ sequence }) => sequence);

  test('yields the events of a stream, after a sequence and up to a commit', () => {
    expect(history.size).toBe(6);
    const all = [sequenceOf(1, 2), sequenceOf(1, 3), sequenceOf(3, 1)];
    expect(sequences('directory:src/', 4)).toEqual(all);
    expect(sequences('directory:src/', 2)).toEqual(all.slice(0, 2));
    for (const [index, sequence] of all.entries()) {
      expect(sequences('directory:src/', 4, sequence)).toEqual(all.slice(index + 1));
      expect(sequences('directory:src/', 4, sequence - 1n)).toEqual(all.slice(index));
    }
    expect(sequences('directory:src/', 0)).toEqual([]);
    expect(sequences('directory:absent/', 4)).toEqual([]);
  });

  test('knows the head of each stream, and which streams exist', () => {
    const at3 = history.until(3);
    expect(at3.identity).toBe('test');
    expect(['file:README', 'directory:/', 'file:absent'].map((stream) => at3.head(stream, []))).toEqual([
      ...[sequenceOf(1, 1), sequenceOf(3, 2), undefined],
    ]);
    expect(history.until(1).streams()).not.toContain('file:src2/c.ts');
    expect(at3.streams()).toContain('file:src2/c.ts');
    expect(history.until(0).streams()).toEqual([]);
  });
});

describe('fileActivity', () => {
  const project = (all: readonly RecordedChange[], stream: string): FileActivity | undefined =>
    new Projector({ cache: new NoCache(), source: historyOf(all).until(9) }).project(fileActivity, stream);

  test('computes the commits, lines and times of each file and directory', () => {
    const activity = (commits: number, linesAdded: number, linesRemoved: number, first: number, last: number) => {
      return { commits, linesAdded, linesRemoved, firstChange: first * 100, lastChange: last * 100, lastCommit: last };
    };
    expect(project(changes, 'file:README')).toEqual(activity(2, 10, 10, 1, 4));
    expect(project(changes, 'file:src/a.ts')).toEqual(activity(2, 7, 1, 1, 3));
    expect(project(changes, 'file:src/deep/b.ts')).toEqual(activity(1, 7, 0, 1, 1));
    expect(project(changes, 'directory:src/')).toEqual(activity(2, 14, 1, 1, 3));
    expect(project(changes, 'directory:src/deep/')).toEqual(activity(1, 7, 0, 1, 1));
    expect(project(changes, 'directory:src2/')).toEqual(activity(1, 1, 0, 3, 3));
    expect(project(changes, 'directory:/')).toEqual(activity(3, 25, 11, 1, 4));
    expect(project(changes, 'file:src2')).toBeUndefined();
  });

  test('keeps the earliest and the latest time when the clocks of authors disagree', () => {
    const late = { ...change(2, 1, 'README', 1), event: { ...change(2, 1, 'README', 1).event, committedAt: 50 } };
    const state = project([change(1, 1, 'README', 1), late], 'file:README');
    expect([state?.firstChange, state?.lastChange]).toEqual([50, 100]);
  });

  test('gives the same result folded in two parts, wherever the history is split', () => {
    const history = historyOf(changes);
    for (let cut = 0; cut <= 4; cut += 1) {
      const cache = LogCache.open('cache', { storage: new MemoryStorage() });
      for (const commit of [cut, 4]) {
        const source = history.until(commit);
        const projector = new Projector({ cache, source });
        for (const stream of source.streams()) projector.project(fileActivity, stream);
      }
      const continued = new Projector({ cache, source: history.until(4) });
      for (const stream of history.until(4).streams()) {
        expect(continued.project(fileActivity, stream)).toEqual(project(changes, stream));
      }
      expect(continued.stats().hits).toBe(history.until(4).streams().length);
    }
  });
});

describe('busiestFiles', () => {
  test('sorts by more commits, then more lines, then path', () => {
    const file = (path: string, commits: number, linesAdded: number) => {
      return { path, activity: { ...fileActivity.initial(), commits, linesAdded } };
    };
    const files = [file('b', 1, 1), file('a', 1, 1), file('c', 1, 2), file('d/e', 2, 1)];
    expect(busiestFiles(files, 3).map(({ path }) => path)).toEqual(['d/e', 'c', 'a']);
  });
});

describe('Snapshot', () => {
  const entry = (text: string, watermark: bigint, cachedAtUs = 0n): CacheEntry => {
    return { value: Buffer.from(text), meta: { watermark, cachedAtUs } };
  };
  const entries = (...values: readonly CacheEntry[]) =>
    values.map((value, at) => [Buffer.from(`key ${at}`), value] as const);
  const whole = new Snapshot(entries(entry('{"n":1}', 1n), entry('{"n":2}', 2n)));

  test('has the same fingerprint for the same entries, whenever they were cached', () => {
    const later = new Snapshot(entries(entry('{"n":1}', 1n, 9n), entry('{"n":2}', 2n, 9n)));
    expect(later.fingerprint()).toBe(whole.fingerprint());
    expect(whole.fingerprint()).toMatch(/^[0-9a-f]{16}$/);
    expect(new Snapshot(entries(entry('{"n":1}', 1n))).fingerprint()).not.toBe(whole.fingerprint());
    later.mustEqual(whole, 'warm', 'cold');
  });

  test('names the first entry that differs in state or watermark, or is missing', () => {
    const other = new Snapshot(entries(entry('{"n":1}', 1n), entry('{"n":2}', 7n)));
    const shorter = new Snapshot(entries(entry('{"n":1}', 1n)));
    expect(() => other.mustEqual(whole, 'warm', 'cold')).toThrow(
      'Entry 2 in key order is "key 1" "{\\"n\\":2}" at 7 after warm, but "key 1" "{\\"n\\":2}" at 2 after cold',
    );
    expect(() => whole.mustEqual(shorter, 'delta', 'cold')).toThrow(/"key 1".* after delta, but absent/);
    expect(() => shorter.mustEqual(whole, 'delta', 'cold')).toThrow(/is absent after delta/);
  });
});
