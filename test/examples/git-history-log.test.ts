import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CommitLog } from '../../docs/examples/git-history/commit-log.ts';
import { type RecordedChange, sequenceOf } from '../../docs/examples/git-history/file-change.ts';
import { gitOutput } from '../../docs/examples/git-history/git-process.ts';
import { ThrowawayRepository } from './git-history-repository.ts';

let repository: ThrowawayRepository;

beforeAll(() => {
  repository = new ThrowawayRepository();
  repository.commit('2024-01-01T10:00:00Z', { 'read me.txt': 'one\ntwo\n', 'src/a.ts': 'a\n' });
  repository.commit('2024-01-02T10:00:00Z', { 'src/a.ts': 'a\nb\nc\n', 'quote".txt': 'q\n', 'new\nline': 'n\n' });
  repository.commit('2024-01-03T10:00:00Z', {});
  repository.commit('2024-01-04T10:00:00Z', { 'größe/日本.txt': 'x\n', picture: new Uint8Array([0, 1, 2]) });
  repository.commit('2024-01-05T10:00:00Z', { 'read me.txt': null, 'renamed.txt': 'one\ntwo\n' });
});

afterAll(() => repository.remove());

async function changes(path: string): Promise<RecordedChange[]> {
  const log = await CommitLog.open(path);
  const all: RecordedChange[] = [];
  for await (const change of log.read()) all.push(change);
  return all;
}

function brief({ event }: RecordedChange): string {
  return `${event.commit} ${event.path} +${event.linesAdded} -${event.linesRemoved}`;
}

const expected = [
  '1 read me.txt +2 -0',
  '1 src/a.ts +1 -0',
  '2 new\nline +1 -0',
  '2 quote".txt +1 -0',
  '2 src/a.ts +2 -0',
  '4 größe/日本.txt +1 -0',
  '4 picture +0 -0',
  '5 read me.txt +0 -2',
  '5 renamed.txt +2 -0',
];

describe('CommitLog', () => {
  test('yields each file of each commit once, oldest first, with odd names, binaries, removals and renames', async () => {
    const all = await changes(repository.path);
    expect(all.map(brief)).toEqual(expected);
    expect(all[0]?.event.committedAt).toBe(Date.parse('2024-01-01T10:00:00Z') / 1000);
    expect(all.map((change) => change.sequence)).toEqual([
      ...[sequenceOf(1, 1), sequenceOf(1, 2), sequenceOf(2, 1), sequenceOf(2, 2), sequenceOf(2, 3)],
      ...[sequenceOf(4, 1), sequenceOf(4, 2), sequenceOf(5, 1), sequenceOf(5, 2)],
    ]);
  });

  test('knows its head and the number of commits, including the empty one', async () => {
    const log = await CommitLog.open(join(repository.path, 'src'));
    expect(log.commits).toBe(5);
    expect(log.head).toBe(repository.git('rev-parse', 'HEAD').trim());
  });

  test('is the same below the root of the repository and with any user settings', async () => {
    const settings = [
      ...[
        ['diff.relative', 'true'],
        ['log.showRoot', 'false'],
        ['core.quotePath', 'true'],
        ['diff.renames', 'copies'],
      ],
      ...[
        ['log.showSignature', 'true'],
        ['color.ui', 'always'],
        ['diff.external', 'false'],
        ['diff.noprefix', 'true'],
      ],
    ] as const;
    for (const [name, value] of settings) repository.git('config', name, value);
    try {
      expect((await changes(join(repository.path, 'src'))).map(brief)).toEqual(expected);
    } finally {
      for (const [name] of settings) repository.git('config', '--unset', name);
    }
  });

  test('keeps the log as it was opened when commits are added', async () => {
    const other = new ThrowawayRepository();
    try {
      other.commit('2024-01-01T00:00:00Z', { a: '1\n' });
      const log = await CommitLog.open(other.path);
      other.commit('2024-01-02T00:00:00Z', { b: '1\n' });
      const seen: string[] = [];
      for await (const change of log.read()) seen.push(brief(change));
      expect(seen).toEqual(['1 a +1 -0']);
    } finally {
      other.remove();
    }
  });

  // Two branches whose clocks disagree: by date alone a child would come before its parent, and by topology alone the
  // order would not be the oldest first.
  test('leaves merges out and puts parents before children in a history with branches', async () => {
    const other = new ThrowawayRepository();
    try {
      other.commit('2024-01-05T00:00:00Z', { base: '1\n' });
      other.git('checkout', '--quiet', '-b', 'side');
      other.commit('2024-01-02T00:00:00Z', { side: '1\n' });
      other.commit('2024-01-08T00:00:00Z', { side: '2\n' });
      other.git('checkout', '--quiet', 'main');
      other.commit('2024-01-07T00:00:00Z', { main: '1\n' });
      other.gitAt('2024-01-09T00:00:00Z', 'merge', '--quiet', '--no-edit', 'side');
      other.commit('2024-01-10T00:00:00Z', { main: '2\n' });
      const all = await changes(other.path);
      const order = ['1 base +1 -0', '2 side +1 -0', '3 main +1 -0', '4 side +1 -1', '5 main +1 -1'];
      expect(all.map(brief)).toEqual(order);
    } finally {
      other.remove();
    }
  });

  test('reads a shallow clone from its first commit, and a bare one', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'git-history-test-'));
    try {
      const shallow = join(directory, 'shallow');
      repository.git('clone', '--quiet', '--depth=1', `file://${repository.path}`, shallow);
      expect((await changes(shallow)).map((change) => change.event.path)).toEqual(
        ['größe/日本.txt', 'new\nline', 'picture', 'quote".txt', 'renamed.txt', 'src/a.ts'].sort(byBytes),
      );
      const bare = join(directory, 'bare');
      repository.git('clone', '--quiet', '--bare', repository.path, bare);
      expect((await changes(bare)).map(brief)).toEqual(expected);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  test('ends git when the reader stops early', async () => {
    const log = await CommitLog.open(repository.path);
    for await (const change of log.read()) {
      expect(brief(change)).toBe(expected[0]);
      break;
    }
  });
});

describe('CommitLog.open reports what it needs', () => {
  test('for a path that is not there, and for a file', async () => {
    await expect(CommitLog.open(join(repository.path, 'absent'))).rejects.toThrow(/absent is not a directory: give/);
    await expect(CommitLog.open(join(repository.path, 'renamed.txt'))).rejects.toThrow(
      /renamed\.txt is not a directory/,
    );
  });

  test('outside a repository', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'git-history-test-'));
    try {
      await expect(CommitLog.open(directory)).rejects.toThrow(/is not in a git repository that can be read: give/);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  test('for a repository without commits', async () => {
    const empty = new ThrowawayRepository();
    try {
      await expect(CommitLog.open(empty.path)).rejects.toThrow(/has no commits yet: commit something/);
    } finally {
      empty.remove();
    }
  });
});

describe('gitOutput', () => {
  test('names the command, the exit code and the message of git when git fails midway', async () => {
    const other = new ThrowawayRepository();
    try {
      other.commit('2024-01-01T00:00:00Z', { a: '1\n' });
      other.commit('2024-01-02T00:00:00Z', { a: '2\n' });
      const blob = other.git('rev-parse', 'HEAD:a').trim();
      const log = await CommitLog.open(other.path);
      const object = join(other.path, '.git/objects', blob.slice(0, 2), blob.slice(2));
      rmSync(object);
      writeFileSync(object, 'not an object');
      const read = async (): Promise<void> => {
        for await (const change of log.read()) expect(change.event.commit).toBe(1);
      };
      await expect(read()).rejects.toThrow(/^git log failed with exit code \d+: .*\n?/);
    } finally {
      other.remove();
    }
  });

  test('reports that git is not installed', async () => {
    const path = process.env['PATH'];
    process.env['PATH'] = repository.path;
    try {
      await expect(gitOutput(repository.path, ['version']).next()).rejects.toThrow(/This needs git.*install it/);
    } finally {
      process.env['PATH'] = path;
    }
  });
});

/** git sorts paths by their bytes. */
function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
