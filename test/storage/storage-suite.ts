import { describe, expect, test } from 'vitest';
import { errnoOf } from '../../src/base/store-error.ts';
import type { StorageBackend, StorageDirectory, StorageFile } from '../../src/storage/storage-backend.ts';

/** A backend and a directory that does not exist yet. */
export interface StorageUnderTest {
  readonly storage: StorageBackend;
  readonly path: string;
}

/** What every backend does; `make` is called within each test. */
export function describeStorage(name: string, make: () => StorageUnderTest): void {
  describe(`${name}: directories`, () => describeDirectories(make));
  describe(`${name}: files`, () => describeFiles(() => openNew(make())));
  describe(`${name}: reading off the thread`, () => describeAsyncReads(() => openNew(make())));
  describe(`${name}: closing`, () => describeClosing(() => openNew(make())));
  describe(`${name}: the lock`, () => describeLock(() => openNew(make())));
}

function describeDirectories(make: () => StorageUnderTest): void {
  test('a new directory is empty', () => {
    expect(openNew(make()).list()).toEqual([]);
  });

  test('an absent directory is created only on request', () => {
    const { storage, path } = make();
    expect(errnoFrom(() => storage.openDirectory(path, { create: false }))).toBe('ENOENT');
    storage.openDirectory(path, { create: true }).create('a').close();
    expect(storage.openDirectory(path, { create: false }).list()).toEqual(['a']);
  });

  test('opening a directory again finds its files', () => {
    const { storage, path } = make();
    const file = storage.openDirectory(path, { create: true }).create('a');
    write(file, 'hello', 0);
    file.close();
    expect(content(existing(storage.openDirectory(path, { create: true }), 'a'))).toBe('hello');
  });

  test('lists created files, and no removed ones', () => {
    const directory = openNew(make());
    for (const name of ['a', 'b', 'c']) directory.create(name).close();
    directory.remove('b');
    directory.sync();
    expect(directory.list().sort()).toEqual(['a', 'c']);
  });

  test('opening an absent file returns undefined, and removing it does nothing', () => {
    const directory = openNew(make());
    expect(directory.open('a', 'read')).toBeUndefined();
    expect(directory.open('a', 'write')).toBeUndefined();
    directory.remove('a');
  });

  test('a name can be created only once', () => {
    const directory = openNew(make());
    const file = directory.create('a');
    write(file, 'kept', 0);
    expect(errnoFrom(() => directory.create('a'))).toBe('EEXIST');
    expect(content(file)).toBe('kept');
    file.close();
  });
}

function describeFiles(open: () => StorageDirectory): void {
  test('a created file is empty, and can be written and read', () => {
    const file = open().create('a');
    expect(file.size()).toBe(0);
    expect(write(file, 'hello', 0)).toBe(5);
    expect(file.size()).toBe(5);
    expect(content(file)).toBe('hello');
    file.close();
  });

  test('reads and writes at positions, in parts of the given memory', () => {
    const file = open().create('a');
    const source = bytes('..abc..');
    expect(file.write(source, 2, 3, 0)).toBe(3);
    expect(file.write(source, 3, 1, 1)).toBe(1);
    expect(file.write(source, 4, 1, 5)).toBe(1);
    const target = new Uint8Array(8).fill(0x2d);
    expect(file.read(target, 3, 3, 0)).toBe(3);
    expect(text(target)).toBe('---abc--');
    expect(content(file)).toBe('abc\0\0c');
    file.close();
  });

  test('reads existing bytes, and none from the end on', () => {
    const file = open().create('a');
    write(file, 'hello', 0);
    const target = new Uint8Array(8);
    expect(file.read(target, 0, 8, 3)).toBe(2);
    expect(text(target.subarray(0, 2))).toBe('lo');
    expect(file.read(target, 0, 8, 5)).toBe(0);
    expect(file.read(target, 0, 8, 1_000_000)).toBe(0);
    expect(file.read(target, 0, 0, 0)).toBe(0);
    file.close();
  });

  test('does not keep the source of a write, nor write outside the requested target', () => {
    const file = open().create('a');
    const source = bytes('hello');
    file.write(source, 0, 5, 0);
    source.fill(0);
    const target = new Uint8Array(6).fill(0x2d);
    file.read(target, 0, 5, 0);
    expect(text(target)).toBe('hello-');
    file.close();
  });

  // Long enough to cross any unit in which a backend keeps its bytes.
  test('keeps a long file written in odd pieces', () => {
    const file = open().create('a');
    const source = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 31 + (index >> 8)) & 0xff);
    for (let at = 0; at < source.length; at += 7_919) {
      file.write(source, at, Math.min(7_919, source.length - at), at);
    }
    const target = new Uint8Array(source.length);
    for (let at = 0; at < target.length; at += 65_537) {
      file.read(target, at, Math.min(65_537, target.length - at), at);
    }
    expect(Buffer.compare(source, target)).toBe(0);
    expect(file.size()).toBe(source.length);
    file.close();
  });

  test.each([0, 1, 65_535, 65_536, 70_000, 199_999])(
    'truncated to %i bytes, it has zeros when it grows again',
    (size) => {
      const file = open().create('a');
      const full = new Uint8Array(200_000).fill(0xff);
      file.write(full, 0, full.length, 0);
      file.truncate(size);
      expect(file.size()).toBe(size);
      expect(file.read(new Uint8Array(1), 0, 1, size)).toBe(0);
      file.write(full, 0, 1, 210_000);
      const target = new Uint8Array(210_001);
      expect(file.read(target, 0, target.length, 0)).toBe(210_001);
      expect(target.subarray(0, size).every((byte) => byte === 0xff)).toBe(true);
      expect(target.subarray(size, 210_000).every((byte) => byte === 0)).toBe(true);
      file.close();
    },
  );

  test('a file can be truncated to more bytes than it has: zeros', () => {
    const file = open().create('a');
    write(file, 'ab', 0);
    file.truncate(100_000);
    expect(file.size()).toBe(100_000);
    expect(content(file)).toBe(`ab${'\0'.repeat(99_998)}`);
    file.close();
  });

  test('two handles on a file see one content', () => {
    const directory = open();
    const writer = directory.create('a');
    const reader = existing(directory, 'a');
    write(writer, 'hello', 0);
    expect(content(reader)).toBe('hello');
    writer.truncate(2);
    expect(reader.size()).toBe(2);
    writer.close();
    reader.close();
  });

  test('a file opened for reading cannot be changed', () => {
    const directory = open();
    directory.create('a').close();
    const file = existing(directory, 'a');
    expect(errnoFrom(() => write(file, 'x', 0))).toBe('EBADF');
    expect(() => file.truncate(0)).toThrow();
    expect(file.size()).toBe(0);
    file.close();
  });

  test('a file opened for writing can be read and changed in place', () => {
    const directory = open();
    const created = directory.create('a');
    write(created, 'hello', 0);
    created.close();
    const file = directory.open('a', 'write') as StorageFile;
    write(file, 'J', 0);
    expect(content(file)).toBe('Jello');
    file.close();
  });

  test('syncs, on the thread and off it', async () => {
    const file = open().create('a');
    write(file, 'hello', 0);
    file.sync();
    file.truncate(4);
    await file.syncAsync?.();
    file.sync();
    expect(content(file)).toBe('hell');
    file.close();
  });

  test('an open file outlives its name, and the name can be used again', () => {
    const directory = open();
    const file = directory.create('a');
    write(file, 'old', 0);
    directory.remove('a');
    expect(directory.open('a', 'read')).toBeUndefined();
    const successor = directory.create('a');
    write(successor, 'new!', 0);
    write(file, 'er', 3);
    expect(content(file)).toBe('older');
    expect(content(successor)).toBe('new!');
    file.close();
    successor.close();
  });
}

/** A backend without asynchronous reads has nothing to test here. */
function describeAsyncReads(open: () => StorageDirectory): void {
  test('reads existing bytes, into parts of the given memory, and none from the end on', async () => {
    const file = open().create('a');
    write(file, 'hello', 0);
    if (file.readAsync === undefined) return file.close();
    const target = bytes('........');
    expect(await file.readAsync(target, 2, 3, 1)).toBe(3);
    expect(text(target)).toBe('..ell...');
    expect(await file.readAsync(target, 0, 8, 3)).toBe(2);
    expect(text(target)).toBe('loell...');
    expect(await file.readAsync(target, 0, 8, 5)).toBe(0);
    expect(await file.readAsync(target, 0, 8, 1_000_000)).toBe(0);
    file.close();
  });

  test('many concurrent reads each return their own bytes', async () => {
    const directory = open();
    const created = directory.create('a');
    const source = Uint8Array.from({ length: 100_000 }, (_, index) => (index * 31 + (index >> 8)) & 0xff);
    created.write(source, 0, source.length, 0);
    created.close();
    const file = existing(directory, 'a');
    const target = new Uint8Array(source.length);
    const pieces = Array.from({ length: 50 }, (_, index) => file.readAsync?.(target, index * 2000, 2000, index * 2000));
    const got = await Promise.all(pieces);
    if (file.readAsync !== undefined) {
      expect(new Set(got)).toEqual(new Set([2000]));
      expect(Buffer.compare(source, target)).toBe(0);
    }
    file.close();
  });

  test('a running read succeeds when the file is closed, beside a sync', async () => {
    const file = open().create('a');
    write(file, 'hello', 0);
    const target = new Uint8Array(5);
    const reading = file.readAsync?.(target, 0, 5, 0);
    const syncing = file.syncAsync?.();
    file.close();
    await syncing;
    if (reading === undefined) return;
    expect(await reading).toBe(5);
    expect(text(target)).toBe('hello');
    await expect(file.readAsync?.(target, 0, 5, 0)).rejects.toMatchObject({ code: 'EBADF' });
  });
}

function describeClosing(open: () => StorageDirectory): void {
  test('everything but closing again throws EBADF on a closed file', async () => {
    const file = open().create('a');
    file.close();
    file.close();
    const memory = new Uint8Array(1);
    expect(errnoFrom(() => file.read(memory, 0, 1, 0))).toBe('EBADF');
    expect(errnoFrom(() => file.write(memory, 0, 1, 0))).toBe('EBADF');
    expect(errnoFrom(() => file.truncate(0))).toBe('EBADF');
    expect(errnoFrom(() => file.size())).toBe('EBADF');
    expect(errnoFrom(() => file.sync())).toBe('EBADF');
    if (file.syncAsync !== undefined) await expect(file.syncAsync()).rejects.toMatchObject({ code: 'EBADF' });
  });

  test('a running sync succeeds when the file is closed', async () => {
    const file = open().create('a');
    write(file, 'hello', 0);
    const syncs = [file.syncAsync?.(), file.syncAsync?.()];
    file.close();
    await Promise.all(syncs);
    expect(errnoFrom(() => file.size())).toBe('EBADF');
  });
}

function describeLock(open: () => StorageDirectory): void {
  test('is held until it is released, by one owner at a time', () => {
    const directory = open();
    const lock = directory.lock();
    expect(lock.isHeld()).toBe(true);
    expect(lock.takenOverFrom).toBeUndefined();
    expect(() => directory.lock()).toThrow(
      expect.objectContaining({
        code: 'LOCKED',
        message: expect.stringMatching(/already open .*: close it there first$/),
      }),
    );
    expect(lock.isHeld()).toBe(true);
    lock.release();
    expect(lock.isHeld()).toBe(false);
  });

  test('can be taken again, and releasing the old one twice does not release it', () => {
    const directory = open();
    const first = directory.lock();
    first.release();
    const second = directory.lock();
    first.release();
    expect(first.isHeld()).toBe(false);
    expect(second.isHeld()).toBe(true);
    second.release();
  });

  test('leaves nothing behind', () => {
    const directory = open();
    directory.lock().release();
    expect(directory.list()).toEqual([]);
  });
}

function openNew({ storage, path }: StorageUnderTest): StorageDirectory {
  return storage.openDirectory(path, { create: true });
}

function existing(directory: StorageDirectory, name: string): StorageFile {
  const file = directory.open(name, 'read');
  if (file === undefined) throw new Error(`${name} is not there`);
  return file;
}

function write(file: StorageFile, what: string, position: number): number {
  return file.write(bytes(what), 0, what.length, position);
}

function content(file: StorageFile): string {
  const target = new Uint8Array(file.size());
  expect(file.read(target, 0, target.length, 0)).toBe(target.length);
  return text(target);
}

function bytes(what: string): Uint8Array {
  return new TextEncoder().encode(what);
}

function text(what: Uint8Array): string {
  return new TextDecoder().decode(what);
}

/** The errno name of the error that `action` throws. */
export function errnoFrom(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    return errnoOf(error);
  }
  return undefined;
}
