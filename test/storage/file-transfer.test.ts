/*
 * Every byte that the store reads or writes passes here. Systems transfer fewer bytes than asked for, interrupt calls
 * and ask to repeat them, and none of that may lose a byte or make the store wait without end.
 */
import { describe, expect, test } from 'vitest';
import { errnoError } from '../../src/storage/errno-error.ts';
import { readFully, readFullyAsync, writeAll, writeSome } from '../../src/storage/file-transfer.ts';
import type { StorageFile } from '../../src/storage/storage-backend.ts';

const KIB = 1024;
/** How many attempts in a row may fail. */
const FUTILE_MAX = 100;

/** What one call does: transfers at most so many bytes, or throws this errno. */
type Outcome = number | string;

interface Call {
  readonly offset: number;
  readonly length: number;
  readonly position: number;
}

/** A file of the bytes 0, 1, 2 ... whose calls have the given outcomes, and then transfer everything. */
class ScriptedFile implements StorageFile {
  readonly calls: Call[] = [];
  readonly bytes: Uint8Array;
  readonly #outcomes: Outcome[];

  constructor(size: number, outcomes: readonly Outcome[] = []) {
    this.bytes = Uint8Array.from({ length: size }, (_, at) => at);
    this.#outcomes = [...outcomes];
  }

  read(target: Uint8Array, offset: number, length: number, position: number): number {
    const count = this.#next({ offset, length, position });
    target.set(this.bytes.subarray(position, position + count), offset);
    return Math.max(0, Math.min(count, this.bytes.length - position));
  }

  readAsync(target: Uint8Array, offset: number, length: number, position: number): Promise<number> {
    return new Promise((resolve) => resolve(this.read(target, offset, length, position)));
  }

  write(source: Uint8Array, offset: number, length: number, position: number): number {
    const count = this.#next({ offset, length, position });
    this.bytes.set(source.subarray(offset, offset + count), position);
    return count;
  }

  truncate(): void {}
  size(): number {
    return this.bytes.length;
  }
  sync(): void {}
  close(): void {}

  #next(call: Call): number {
    this.calls.push(call);
    const outcome = this.#outcomes.shift() ?? call.length;
    if (typeof outcome === 'string') throw errnoError(outcome, 'interrupted', 'transfer', 'file');
    return Math.min(outcome, call.length);
  }
}

function times<Item>(count: number, ...items: readonly Item[]): Item[] {
  return Array.from({ length: count }, () => items).flat();
}

/** Bytes unlike those of the file. */
function source(length: number): Uint8Array {
  return new Uint8Array(length).map((_, at) => 255 - at);
}

const ways: readonly [string, typeof readFully | ((...args: Parameters<typeof readFully>) => Promise<number>)][] = [
  ['readFully', readFully],
  ['readFullyAsync', (file, target, _offset, length, position) => readFullyAsync(file, target, length, position)],
];

describe.each(ways)('%s', (_name, read) => {
  test('continues after short and interrupted reads', async () => {
    const file = new ScriptedFile(20, [3, 'EINTR', 1, 'EAGAIN']);
    const target = new Uint8Array(12);
    expect(await read(file, target, 0, 10, 5)).toBe(10);
    expect([...target]).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0, 0]);
    expect(file.calls.at(-1)).toEqual({ offset: 4, length: 6, position: 9 });
    expect(file.calls).toHaveLength(5);
  });

  test('stops at the end of the file, and reads nothing if nothing is wanted', async () => {
    const file = new ScriptedFile(8);
    expect(await read(file, new Uint8Array(10), 0, 10, 5)).toBe(3);
    expect(file.calls).toHaveLength(2);
    expect(await read(file, new Uint8Array(10), 0, 0, 5)).toBe(0);
    expect(file.calls).toHaveLength(2);
  });

  test('throws any other error at once', async () => {
    const file = new ScriptedFile(8, ['EIO']);
    await expect(async () => read(file, new Uint8Array(8), 0, 8, 0)).rejects.toMatchObject({ code: 'EIO' });
    expect(file.calls).toHaveLength(1);
  });

  test('fails after a hundred interruptions in a row, not before', async () => {
    const patient = new ScriptedFile(8, times(FUTILE_MAX - 1, 'EINTR'));
    expect(await read(patient, new Uint8Array(8), 0, 8, 0)).toBe(8);
    const stuck = new ScriptedFile(8, times(FUTILE_MAX, 'EINTR'));
    await expect(async () => read(stuck, new Uint8Array(8), 0, 8, 0)).rejects.toThrow(/interrupted 100 times/);
    expect(stuck.calls).toHaveLength(FUTILE_MAX);
  });

  test('does not add up interruptions between which it has read something', async () => {
    const file = new ScriptedFile(200, times<Outcome>(200, 'EINTR', 1));
    expect(await read(file, new Uint8Array(200), 0, 200, 0)).toBe(200);
  });
});

test('readFully reads to an offset of its target, at most 64 KiB a call', () => {
  const file = new ScriptedFile(200 * KIB);
  const target = new Uint8Array(200 * KIB);
  expect(readFully(file, target, 10, 150 * KIB, 1)).toBe(150 * KIB);
  expect(file.calls.map(({ length }) => length)).toEqual([64 * KIB, 64 * KIB, 22 * KIB]);
  expect(target.subarray(0, 12)).toEqual(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2));
});

describe('writing', () => {
  test('continues after short, empty and interrupted writes', () => {
    const file = new ScriptedFile(20, [3, 0, 'EINTR', 1, 'EAGAIN']);
    writeAll(file, source(12), 2, 10, 5);
    expect(file.bytes).toEqual(
      Uint8Array.of(0, 1, 2, 3, 4, 253, 252, 251, 250, 249, 248, 247, 246, 245, 244, 15, 16, 17, 18, 19),
    );
    expect(file.calls.at(-1)).toEqual({ offset: 6, length: 6, position: 9 });
  });

  test('passes at most 1 MiB to a call', () => {
    const file = new ScriptedFile(3 * KIB * KIB);
    expect(writeSome(file, new Uint8Array(2 * KIB * KIB), 0, 2 * KIB * KIB, 0)).toBe(KIB * KIB);
    expect(writeSome(file, new Uint8Array(10), 0, 10, 0)).toBe(10);
  });

  test('throws any other error at once', () => {
    const file = new ScriptedFile(8, ['ENOSPC']);
    expect(() => writeAll(file, source(8), 0, 8, 0)).toThrow(expect.objectContaining({ code: 'ENOSPC' }));
    expect(file.calls).toHaveLength(1);
  });

  test.each<[string, Outcome]>([
    ['interrupted', 'EINTR'],
    ['empty', 0],
  ])('fails after a hundred %s attempts in a row, not before', (_name, outcome) => {
    writeAll(new ScriptedFile(8, times(FUTILE_MAX - 1, outcome)), source(8), 0, 8, 0);
    const stuck = new ScriptedFile(8, times(FUTILE_MAX, outcome));
    expect(() => writeAll(stuck, source(8), 0, 8, 0)).toThrow(/accepts no bytes/);
    expect(stuck.calls).toHaveLength(FUTILE_MAX);
  });

  test('does not add up interruptions between which it has written something', () => {
    writeAll(new ScriptedFile(200, times<Outcome>(200, 'EINTR', 1)), source(200), 0, 200, 0);
  });
});
