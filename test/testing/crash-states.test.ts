/*
 * The sweeps are only as good as the states they get. Here each rule of the fault model is tested by itself: what must
 * be among the states of a crash, and what must not.
 */
import { describe, expect, test } from 'vitest';
import { crashStates, durableImage, type FaultStorage, imageDigest } from '../../src/testing/index.ts';
import { crashes, DIRECTORY, diskWith, emptyDisk, opened, read, write } from './fault-fixtures.ts';

const untorn = { tearsMax: 0 };

describe('a write that no sync covered', () => {
  test('within the file reached the disk or not', () => {
    const disk = diskWith({ f: 'old.' });
    write(opened(disk, 'f'), 1, 'xy');
    expect(crashes(disk, untorn)).toEqual(['f=old.', 'f=oxy.']);
  });

  test('beyond the end may leave zeros or other contents in its place', () => {
    const disk = diskWith({ f: 'a', g: 'STALE' });
    disk.directory.remove('g');
    disk.directory.sync();
    write(opened(disk, 'f'), 1, 'bc');
    expect(crashes(disk, untorn)).toEqual(['f=a', 'f=a\0\0', 'f=aTA', 'f=abc']);
  });

  test('may leave contents of any freed file', () => {
    const disk = diskWith({ f: '', g: 'GG', h: 'HH' });
    for (const name of ['g', 'h']) disk.directory.remove(name);
    disk.directory.sync();
    write(opened(disk, 'f'), 0, 'bc');
    const found = Array.from({ length: 4 }, () => {
      disk.directory.sync();
      return crashes(disk, untorn);
    });
    expect(found.flat()).toEqual(expect.arrayContaining(['f=GG', 'f=HH']));
  });

  test('is noise if nothing was freed', () => {
    const disk = diskWith({ f: '' });
    write(opened(disk, 'f'), 0, 'bc');
    const states = crashes(disk, untorn);
    expect(states).toHaveLength(4);
    expect(states.filter((state) => !['f=', 'f=bc', 'f=\0\0'].includes(state))).toHaveLength(1);
  });

  test('is torn at every byte, from the front and from the back', () => {
    const disk = diskWith({ f: '....' });
    write(opened(disk, 'f'), 0, 'abcd');
    const torn = Array.from({ length: 60 }, (_, seed) => crashes(disk, { seed })).flat();
    const fronts = ['f=a...', 'f=ab..', 'f=abc.'];
    expect(torn).toEqual(expect.arrayContaining([...fronts, 'f=.bcd', 'f=..cd', 'f=...d']));
  });

  test('leaves a gap of zeros if an earlier one is lost', () => {
    const disk = diskWith({ f: '' });
    const file = opened(disk, 'f');
    write(file, 0, 'ab');
    write(file, 2, 'cd');
    expect(crashes(disk, untorn)).toEqual(expect.arrayContaining(['f=', 'f=ab', 'f=\0\0cd', 'f=abcd', 'f=ab\0\0']));
  });

  test('reaches the disk sector by sector', () => {
    const disk = diskWith({ f: '.'.repeat(8) });
    write(opened(disk, 'f'), 2, 'abcd');
    const states = crashes(disk, { ...untorn, sectorBytes: 4 });
    expect(states).toEqual(['f=........', 'f=....cd..', 'f=..ab....', 'f=..abcd..']);
  });
});

describe('a sync', () => {
  test('makes exactly the earlier writes durable', () => {
    const disk = diskWith({ f: '....', g: '....' });
    const file = opened(disk, 'f');
    write(file, 0, 'a');
    write(opened(disk, 'g'), 0, 'b');
    file.sync();
    write(file, 1, 'c');
    expect(crashes(disk, untorn)).toEqual(['f=a... g=....', 'f=a... g=b...', 'f=ac.. g=....', 'f=ac.. g=b...']);
  });

  test('that runs off the thread covers the writes before it started', async () => {
    const disk = diskWith({ f: '..' });
    const file = opened(disk, 'f');
    write(file, 0, 'a');
    const done = file.syncAsync?.();
    write(file, 1, 'b');
    await done;
    expect(crashes(disk, untorn)).toEqual(['f=a.', 'f=ab']);
  });

  test('that fails leaves the data dirty for a later one', () => {
    const disk = diskWith({ f: '.' });
    const file = opened(disk, 'f');
    write(file, 0, 'a');
    disk.storage.rule = () => ({ fail: 'EIO' });
    expect(() => file.sync()).toThrow(/EIO/);
    disk.storage.rule = undefined;
    expect(crashes(disk, untorn)).toEqual(['f=.', 'f=a']);
    file.sync();
    expect(crashes(disk, untorn)).toEqual(['f=a']);
  });

  test('that marks lost data clean shows it to readers, and no later sync covers it', () => {
    const disk = diskWith({ f: '...' });
    const file = opened(disk, 'f');
    write(file, 0, 'ab');
    disk.storage.rule = () => ({ fail: 'EIO', loss: 'marked-clean' });
    expect(() => file.sync()).toThrow(/EIO/);
    disk.storage.rule = undefined;
    write(file, 1, 'xy');
    file.sync();
    expect(read(file)).toBe('axy');
    expect(crashes(disk, untorn)).toEqual(['f=.xy', 'f=axy']);
    // Written again, it is dirty again, and the next sync covers it.
    write(file, 0, 'a');
    file.sync();
    expect(crashes(disk, untorn)).toEqual(['f=axy']);
  });

  test('that drops lost data hides it from readers, too', () => {
    const disk = diskWith({ f: 'old' });
    const file = opened(disk, 'f');
    write(file, 0, 'newer');
    disk.storage.rule = () => ({ fail: 'EIO', loss: 'dropped' });
    expect(() => file.sync()).toThrow(/EIO/);
    disk.storage.rule = undefined;
    expect(read(file)).toBe('old');
    expect(crashes(disk, untorn)).toEqual(['f=old']);
    write(file, 3, '!');
    expect(read(file)).toBe('old!');
  });
});

describe('a truncation', () => {
  test('may be lost although a write after it is not', () => {
    const disk = diskWith({ f: 'abcdef' });
    const file = opened(disk, 'f');
    file.truncate(2);
    write(file, 2, 'x');
    expect(crashes(disk, untorn)).toEqual(['f=ab', 'f=abcdef', 'f=abx', 'f=abxdef']);
  });

  test('does not restore truncated bytes when the file grows again', () => {
    const disk = diskWith({ f: 'abcdef' });
    const file = opened(disk, 'f');
    file.truncate(2);
    file.truncate(4);
    file.sync();
    expect(read(file)).toBe('ab\0\0');
    expect(crashes(disk)).toEqual(['f=ab\0\0']);
  });
});

describe('the entries of a directory', () => {
  test('are lost or kept independently until the directory is synced', () => {
    const disk = diskWith({ a: '1', b: '2' });
    disk.directory.remove('a');
    disk.directory.create('c').close();
    expect(crashes(disk)).toEqual(['a=1 b=2', 'a=1 b=2 c=', 'b=2', 'b=2 c=']);
    disk.directory.sync();
    expect(crashes(disk)).toEqual(['b=2 c=']);
  });

  test('lead to the old file or to the new one of the same name', () => {
    const disk = diskWith({ a: 'old' });
    disk.directory.remove('a');
    const file = disk.directory.create('a');
    write(file, 0, 'new');
    file.sync();
    expect(crashes(disk)).toEqual(['', 'a=new', 'a=old']);
  });

  test('are independent of whether contents were synced', () => {
    const disk = emptyDisk();
    write(disk.directory.create('f'), 0, 'a');
    disk.directory.sync();
    expect(crashes(disk, untorn)).toEqual(expect.arrayContaining(['f=', 'f=a']));
    const unnamed = emptyDisk();
    const file = unnamed.directory.create('f');
    write(file, 0, 'a');
    file.sync();
    expect(crashes(unnamed)).toEqual(['', 'f=a']);
  });

  test('hide what is written to a file after it was durably removed', () => {
    const disk = diskWith({ f: 'a' });
    const file = opened(disk, 'f');
    disk.directory.remove('f');
    disk.directory.sync();
    write(file, 0, 'b');
    expect(crashes(disk)).toEqual(['']);
  });
});

describe('crashStates', () => {
  function busyDisk(): FaultStorage {
    const disk = diskWith({ f: '' });
    const file = opened(disk, 'f');
    for (let i = 0; i < 12; i += 1) write(file, i * 3, 'abc');
    return disk.storage;
  }

  test('tries all points, before the first change and after the last', () => {
    const disk = diskWith({ f: '..' });
    write(opened(disk, 'f'), 0, 'a');
    disk.directory.remove('f');
    const points = new Set([...crashStates(disk.storage.journal)].map(({ changes }) => changes));
    expect([...points]).toEqual([0, 1, 2]);
    const within = [...crashStates(disk.storage.journal, { from: 1, to: 1 })].map(({ changes }) => changes);
    expect(new Set(within)).toEqual(new Set([1]));
  });

  test('takes samples if there are too many combinations, the most useful ones first, the same for the same seed', () => {
    const { journal } = busyDisk();
    const options = { from: journal.changes.length, combinationsMax: 60, ...untorn };
    const contents = (seed: number) =>
      [...crashStates(journal, { ...options, seed })].map(({ image }) =>
        Buffer.from(image.get(DIRECTORY)?.get('f') ?? []).toString('latin1'),
      );
    expect(contents(1)).toHaveLength(60);
    expect(contents(1)).toEqual(contents(1));
    expect(contents(1)).not.toEqual(contents(2));
    const all = 'abc'.repeat(12);
    expect(contents(1)).toEqual(
      expect.arrayContaining([all, '', 'abc', 'abcabc', `\0\0\0${all.slice(3)}`, '\0\0\0abc']),
    );
  });

  test('yields no more than requested', () => {
    const { journal } = busyDisk();
    for (const combinationsMax of [1, 2, 3, 5]) {
      const states = [...crashStates(journal, { from: journal.changes.length, combinationsMax, ...untorn })];
      expect(states.length).toBeLessThanOrEqual(Math.max(2, combinationsMax));
    }
  });

  test('tears a long write around its sectors and within them', () => {
    const disk = diskWith({ f: '' });
    write(opened(disk, 'f'), 100, 'x'.repeat(5000));
    const states = [...crashStates(disk.storage.journal, { from: 1, combinationsMax: 1, tearsMax: 40 })];
    const sizes = new Set(states.map(({ image }) => image.get(DIRECTORY)?.get('f')?.length));
    expect(sizes).toContain(512);
    expect(sizes).toContain(1024);
    expect([...sizes].filter((size) => size !== undefined && size % 512 !== 0).length).toBeGreaterThan(5);
    expect(states.length).toBeLessThan(100);
  });

  test('describes the outcome of each change', () => {
    const disk = diskWith({ f: 'abc' });
    const file = opened(disk, 'f');
    file.truncate(1);
    disk.directory.remove('f');
    write(file, 1, 'xy');
    const texts = [...crashStates(disk.storage.journal, { from: 3 })].map((state) => state.describe());
    expect(texts).toContain(
      [
        'crash after change 2',
        'change 0: file 1 truncated to 1: new',
        'change 1: remove of f: new',
        'change 2: write of 2 bytes at 1 of file 1: new up to 1, then old',
      ].join('\n'),
    );
  });
});

test('durableImage keeps only durable changes', () => {
  const disk = diskWith({ f: 'ab' });
  const file = opened(disk, 'f');
  write(file, 0, 'x');
  file.sync();
  write(file, 1, 'y');
  disk.directory.create('g').close();
  const files = durableImage(disk.storage.journal).get(DIRECTORY);
  expect([...(files?.keys() ?? [])]).toEqual(['f']);
  expect(Buffer.from(files?.get('f') ?? []).toString()).toBe('xb');
});

describe('imageDigest', () => {
  const image = (files: Readonly<Record<string, string>>) => diskWith(files).storage.image();

  test('is the same for the same files in any order', () => {
    expect(imageDigest(image({ a: '1', b: '2' }))).toBe(imageDigest(image({ b: '2', a: '1' })));
  });

  test('differs with every content, length, name and directory', () => {
    const images = [
      new Map(),
      image({}),
      image({ a: '' }),
      image({ b: '' }),
      image({ a: '\0' }),
      image({ a: '\0\0' }),
      image({ a: '\0\0\0\0' }),
      image({ a: '1' }),
      image({ a: '1', b: '' }),
      image({ a: '', b: '1' }),
      new Map([['other', new Map()]]),
    ];
    expect(new Set(images.map(imageDigest)).size).toBe(images.length);
  });

  test('accepts bytes at any place in memory', () => {
    const content = Uint8Array.from({ length: 21 }, (_, i) => i);
    const digests = [0, 1, 2, 3].map((offset) => {
      const moved = new Uint8Array(40);
      moved.set(content, offset);
      return imageDigest(new Map([['d', new Map([['f', moved.subarray(offset, offset + content.length)]])]]));
    });
    expect(new Set(digests).size).toBe(1);
  });

  // Why this test: two hashes of one kind with different seeds collided together for such contents, and a sweep mistook
  // a disk that it had never opened for a known one.
  test('distinguishes contents that differ in a few bits of a few words', () => {
    const seen = new Set<number>();
    for (let i = 0; i < 256; i += 1) {
      for (let j = 0; j < 64; j += 1) {
        const content = new Uint8Array(64);
        content[i >>> 2] = 1 << (i % 8);
        content[63 - j] = (content[63 - j] ?? 0) ^ 0x80;
        seen.add(imageDigest(new Map([['d', new Map([[`${i} ${j}`, content]])]])));
      }
    }
    expect(seen.size).toBe(256 * 64);
  });
});
