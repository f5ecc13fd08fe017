import { describe, expect, test } from 'vitest';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import { errnoFrom } from './storage-suite.ts';

describe('MemoryStorage', () => {
  test('two instances share nothing', () => {
    const [one, other] = [new MemoryStorage(), new MemoryStorage()];
    const directory = one.openDirectory('store', { create: true });
    directory.create('a').close();
    const lock = directory.lock();
    expect(errnoFrom(() => other.openDirectory('store', { create: false }))).toBe('ENOENT');
    expect(other.openDirectory('store', { create: true }).list()).toEqual([]);
    other.openDirectory('store', { create: true }).lock().release();
    expect(lock.isHeld()).toBe(true);
  });

  test('two paths are two directories', () => {
    const storage = new MemoryStorage();
    storage.openDirectory('one', { create: true }).create('a').close();
    expect(storage.openDirectory('other', { create: true }).list()).toEqual([]);
  });

  test('one lock covers every opening of a directory', () => {
    const storage = new MemoryStorage();
    const lock = storage.openDirectory('store', { create: true }).lock();
    expect(() => storage.openDirectory('store', { create: false }).lock()).toThrow(
      'store is already open in this MemoryStorage: close it there first',
    );
    lock.release();
    storage.openDirectory('store', { create: false }).lock().release();
  });

  test('a file uses no memory for bytes that were never written', () => {
    const file = new MemoryStorage().openDirectory('store', { create: true }).create('a');
    const far = 2 ** 36;
    file.write(Uint8Array.of(7), 0, 1, far);
    expect(file.size()).toBe(far + 1);
    const target = new Uint8Array(3).fill(1);
    expect(file.read(target, 0, 3, far - 2)).toBe(3);
    expect([...target]).toEqual([0, 0, 7]);
    file.truncate(far - 100_000);
    expect(file.read(target, 0, 3, far - 200_000)).toBe(3);
    expect([...target]).toEqual([0, 0, 0]);
  });

  test('reads no more than its target can hold', () => {
    const file = new MemoryStorage().openDirectory('store', { create: true }).create('a');
    expect(file.write(Uint8Array.of(1, 2, 3), 1, 5, 0)).toBe(2);
    const target = new Uint8Array(2);
    expect(file.read(target, 1, 5, 0)).toBe(1);
    expect([...target]).toEqual([0, 2]);
    expect(file.write(new Uint8Array(0), 0, 0, 100)).toBe(0);
    expect(file.size()).toBe(2);
  });
});
