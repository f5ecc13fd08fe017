/*
 * Two bugs of `close`. It threw if an automatic compaction failed, although everything was durable; a caller had to
 * treat that as a loss. And it did not throw if the store had been poisoned in the background and no call had thrown
 * the error yet: a caller that put and closed never learned that the entries were lost.
 */
import { expect, test } from 'vitest';
import { errnoError } from '../../src/storage/errno-error.ts';
import { bytes, contentsOf, openStore, openWithEvents } from '../store/store-history.ts';
import { TestDisk } from '../store/test-disk.ts';

const poisoned = expect.objectContaining({ code: 'POISONED' });

test('a compaction that fails in close is reported as an event', () => {
  const disk = new TestDisk();
  const { store, events } = openWithEvents(disk);
  for (let round = 0; events.length === 0; round += 1)
    store.writer.put(bytes('big'), new Uint8Array(100_000).fill(round));
  expect(events.map(({ type }) => type)).toEqual(['compaction-started']);
  disk.before = ({ verb, name }) => {
    if (verb === 'write' && name === '000002.log') throw errnoError('ENOSPC', 'no space left', verb, name);
    return undefined;
  };
  store.close();
  expect(events.map(({ type }) => type)).toEqual(['compaction-started', 'compaction-abandoned']);
  disk.before = () => undefined;
  expect(contentsOf(openStore(disk)).size).toBe(1);
  expect(disk.names).toEqual(['000001.index', '000001.log']);
});

function storePoisonedInBackground(): ReturnType<typeof openStore> {
  const disk = new TestDisk();
  const deferred: (() => void)[] = [];
  const store = openStore(disk, { defer: (task) => deferred.push(task) });
  store.writer.put(bytes('a'), bytes('value'));
  disk.stealLock();
  for (const task of deferred) task();
  return store;
}

test('close throws the poison that no call has thrown', () => {
  const store = storePoisonedInBackground();
  expect(() => store.close()).toThrow(poisoned);
  expect(() => store.close()).not.toThrow();
});

test('close does not throw the poison again that a call has thrown', () => {
  const store = storePoisonedInBackground();
  expect(() => store.writer.put(bytes('b'), bytes('value'))).toThrow(poisoned);
  expect(() => store.close()).not.toThrow();
});
