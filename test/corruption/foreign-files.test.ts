/*
 * Files that are not what they should be: missing, empty, truncated, of another store, of an earlier time, under
 * another name, or several generations side by side. None of them may prevent an open or restore an older value.
 */
import { describe, expect, test } from 'vitest';
import { encodeFileHeader } from '../../src/log/file-header.ts';
import { recordsOf } from '../store/log-records.ts';
import { bytes, contentsOf, openStore, openWithEvents } from '../store/store-history.ts';
import { TestDisk } from '../store/test-disk.ts';
import { expectHonest } from './honest-store.ts';
import { everyKind, HistoryWriter, smallStates } from './store-states.ts';

const NOTHING = new Uint8Array(0);
const log = (generation: number): string => `00000${generation}.log`;
const image = (generation: number): string => `00000${generation}.index`;

describe.each(smallStates())('a store $name', ({ disk, history }) => {
  test.each(disk.names.flatMap((name) => ['missing', 'empty', 'foreign', 'doubled'].map((how) => ({ name, how }))))(
    'never lies with $name $how',
    ({ name, how }) => {
      const damaged = disk.afterKill();
      const whole = disk.bytes(name);
      if (how === 'missing') damaged.take(name);
      else if (how === 'empty') damaged.place(name, NOTHING);
      else if (how === 'foreign')
        damaged.place(name, bytes('something else entirely, and longer than a header is. '.repeat(9)));
      else damaged.place(name, new Uint8Array([...whole, ...whole]));
      expectHonest(damaged, history, `${name} ${how}`);
    },
  );

  test('has the same contents without its image', () => {
    const damaged = disk.afterKill();
    for (const name of disk.names) if (/\.index2?$/.test(name)) damaged.take(name);
    const whole = contentsOf(openStore(disk.afterKill()));
    expect(expectHonest(damaged, history, 'no image')).toEqual(whole);
  });

  test('never lies with anything appended to its log', () => {
    const name = disk.names.findLast((file) => file.endsWith('.log')) ?? '';
    const whole = disk.bytes(name);
    const tails = [...Array.from({ length: 40 }, (_, length) => new Uint8Array(length + 1).fill(0xa5))];
    // What the file itself held elsewhere, at every alignment: valid records in the wrong place.
    for (let from = 0; from < 64; from += 1) tails.push(whole.slice(from));
    tails.push(new Uint8Array(4096));
    for (const tail of tails) {
      const damaged = disk.afterKill();
      damaged.place(name, new Uint8Array([...whole, ...tail]));
      const contents = expectHonest(damaged, history, `${tail.length} bytes after the log`);
      expect(contents).toEqual(contentsOf(openStore(disk.afterKill())));
    }
  });
});

describe('an image', () => {
  test('of an earlier state of the log leads to the newest state', () => {
    const writer = everyKind();
    const early = writer.closed('early').disk;
    const later = openStore(early);
    later.writer.put(bytes('a'), bytes('later'));
    later.writer.delete(bytes('c'));
    later.close();
    const disk = early.afterKill();
    disk.place(image(1), everyKindImage());
    const { store, events } = openWithEvents(disk);
    expect(contentsOf(store)).toEqual(
      new Map([
        ['a', 'later'],
        ['d', 'last'],
      ]),
    );
    expect(store.stats().recovery).toMatchObject({ imageUsed: true, clean: true });
    expect(events).toEqual([]);
  });

  test('of another log is not used', () => {
    const other = new TestDisk();
    const store = openStore(other, { seed: 77 });
    store.writer.put(bytes('a'), bytes('of the other store'));
    store.close();
    const { disk, history } = everyKind().killed('killed');
    disk.place(image(1), other.bytes(image(1)));
    expect(openStore(disk.afterKill()).stats().recovery.imageUsed).toBe(false);
    expect(expectHonest(disk, history, 'foreign image')).toEqual(history.current);
  });

  test('without a log is not a store, and is removed', () => {
    const { disk } = everyKind().closed('closed');
    disk.take(log(1));
    expect(contentsOf(openStore(disk)).size).toBe(0);
    expect(disk.names.filter((name) => name === image(1))).toEqual([]);
  });
});

/** The image of `everyKind` when it was closed: the same seeds give the same bytes. */
function everyKindImage(): Uint8Array {
  return everyKind().closed('closed').disk.bytes(image(1));
}

describe('a log', () => {
  test.each([2, 9])(
    'under the name of generation %i is not used, as its records would count as newer',
    (generation) => {
      const { disk, history } = everyKind().closed('closed');
      disk.place(log(generation), disk.bytes(log(1)));
      expect(expectHonest(disk, history, 'a copy')).toEqual(history.current);
      disk.take(log(1));
      const alone = everyKind().closed('closed').disk;
      alone.place(log(generation), alone.bytes(log(1)));
      alone.take(log(1));
      alone.take(image(1));
      expectHonest(alone, history, 'renamed');
      expect(alone.names).toContain(`${log(generation)}.0.corrupt`);
    },
  );

  test('of a store that started again beside the old one never lies, in any order', () => {
    const { disk, history } = everyKind().compact().closed('compacted');
    const old = everyKind().closed('old').disk;
    disk.place(log(1), old.bytes(log(1)));
    disk.place(image(1), old.bytes(image(1)));
    expect(expectHonest(disk, history, 'an old generation')).toEqual(history.current);
    expect(disk.names.filter((name) => name.startsWith('000001'))).toEqual([]);
  });

  test('that is incomplete loses to the one before it', () => {
    const { disk, history } = everyKind().closed('closed');
    const next = everyKind().compact().killed('compacted').disk;
    const complete = recordsOf(next, log(2)).find(({ kind }) => kind === 6);
    for (let length = 0; length <= (complete?.end ?? 0); length += 1) {
      const both = disk.afterKill();
      both.place(log(2), next.bytes(log(2)).slice(0, length));
      expect(expectHonest(both, history, `a new generation of ${length} bytes`)).toEqual(history.current);
    }
  });

  test('that is incomplete is not a store on its own', () => {
    const next = everyKind().compact().killed('compacted').disk;
    const complete = recordsOf(next, log(2)).find(({ kind }) => kind === 6);
    next.place(log(2), next.bytes(log(2)).slice(0, complete?.offset));
    next.take(image(2));
    expect(contentsOf(openStore(next)).size).toBe(0);
  });

  test('of a newer version fails the open and is not changed', () => {
    const { disk } = everyKind().closed('closed');
    const newer = new Uint8Array([...encodeFileHeader({ version: 2, generation: 3, salt: 1 }), ...bytes('unknown')]);
    disk.place(log(3), newer);
    const before = disk.names;
    for (const readOnly of [false, true]) {
      expect(() => openStore(disk, { readOnly })).toThrow(expect.objectContaining({ code: 'INCOMPATIBLE' }));
    }
    expect(disk.names).toEqual(before);
    expect(disk.bytes(log(3))).toEqual(newer);
    expect(disk.openFiles).toBe(0);
    expect(disk.locked).toBe(false);
  });
});

test('foreign files are not changed', () => {
  const writer = new HistoryWriter().put('a', 'value');
  const names = ['notes.txt', '1.log', '0000001.log', '000000.log', '000001.log.bak', '99999999999.log', '000001.logx'];
  for (const name of names) writer.disk.place(name, bytes(name));
  writer.compact().closed('closed');
  const store = openStore(writer.disk);
  expect(contentsOf(store).size).toBe(1);
  for (const name of names) expect(writer.disk.bytes(name)).toEqual(bytes(name));
});
