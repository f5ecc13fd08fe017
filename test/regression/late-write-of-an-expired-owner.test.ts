/*
 * The lease of a process ended while it was stopped between its check of the lock and a write. Another process took the lock
 * over and appended where that write went: when the first process continued, its record replaced one that was synced. The
 * sweep of leases found it in one of 23 takeovers.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LogCache } from '../../src/cache/log-cache.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import { NodeStorage } from '../../src/storage/node-storage.ts';
import type { StorageBackend, StorageDirectory } from '../../src/storage/storage-backend.ts';
import { keyTexts, metaAt, openFor, temporaryDirectory, utf8, valueText } from '../cache/cache-fixtures.ts';

const LOG = '000001.log';

/** A storage whose locks were taken over from an owner that may live. */
function takingOver(storage: StorageBackend = new NodeStorage()): StorageBackend {
  const lock = { isHeld: () => true, release: () => {}, takenOverFrom: 'process 7', previousOwnerMayLive: true };
  return {
    openDirectory: (path, options) => {
      const directory: StorageDirectory = storage.openDirectory(path, options);
      directory.lock = () => lock;
      return directory;
    },
  };
}

test('a write that the previous owner had begun does not reach the log of the next one', () => {
  const [directory, copy] = [temporaryDirectory(), temporaryDirectory()];
  const previous = LogCache.open(directory);
  previous.put('order:1', utf8('old'), metaAt(1));
  previous.sync();
  // What the previous owner will write: a record that is valid at the end of its log.
  fs.cpSync(join(directory, LOG), join(copy, LOG));
  const end = fs.statSync(join(copy, LOG)).size;
  const writing = openFor(copy);
  writing.put('order:2', utf8('late'), metaAt(2));
  writing.sync();
  const late = fs.readFileSync(join(copy, LOG)).subarray(end);
  const fd = fs.openSync(join(directory, LOG), 'r+');

  const next = openFor(directory, { storage: takingOver() });
  expect(valueText(next, 'order:1')).toBe('old');
  next.put('order:1', utf8('new'), metaAt(3));
  next.sync();
  fs.writeSync(fd, late, 0, late.length, end);
  fs.closeSync(fd);
  next.close();
  fs.rmSync(join(directory, 'LOCK'), { force: true });
  const reopened = openFor(directory);
  expect([valueText(reopened, 'order:1'), keyTexts(reopened)]).toEqual(['new', ['order:1']]);
});

test('a store that cannot get a log of its own is not opened', () => {
  const storage = new MemoryStorage();
  const previous = LogCache.open('store', { storage });
  previous.put('order:1', utf8('old'), metaAt(1));
  previous.close();
  const full = takingOver(storage);
  const directory = full.openDirectory('store', { create: true });
  const create = directory.create.bind(directory);
  directory.create = () => {
    throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
  };
  expect(() => LogCache.open('store', { storage: { openDirectory: () => directory } })).toThrow(
    expect.objectContaining({ code: 'IO', message: expect.stringContaining('could not create') }),
  );
  directory.create = create;
  const cache = openFor('store', { storage: { openDirectory: () => directory } });
  expect([cache.stats().generation > 1, valueText(cache, 'order:1')]).toEqual([true, 'old']);
});

test('a store that loses its lock before it has a log of its own is locked: it can be opened again', () => {
  const storage = new MemoryStorage();
  const previous = LogCache.open('store', { storage });
  previous.put('order:1', utf8('old'), metaAt(1));
  previous.close();
  const directory = takingOver(storage).openDirectory('store', { create: true });
  let isHeld = true;
  const lock = { isHeld: () => isHeld, release: () => {}, takenOverFrom: 'process 7', previousOwnerMayLive: true };
  directory.lock = () => lock;
  const create = directory.create.bind(directory);
  directory.create = (name) => {
    isHeld = false;
    return create(name);
  };
  expect(() => LogCache.open('store', { storage: { openDirectory: () => directory } })).toThrow(
    expect.objectContaining({ code: 'LOCKED', cause: expect.objectContaining({ code: 'POISONED' }) }),
  );
  isHeld = true;
  directory.create = create;
  expect(valueText(openFor('store', { storage }), 'order:1')).toBe('old');
});

test('a new store has a log of its own already', () => {
  const cache = openFor('store', { storage: takingOver(new MemoryStorage()) });
  expect(cache.stats().generation).toBe(1);
});
