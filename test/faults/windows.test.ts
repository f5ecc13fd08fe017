/*
 * Why this test: no test machine runs Windows, but its differences are few and known. Here they apply to real files, so that
 * everything down to `fs` meets them. docs/platforms.md has the list.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { LogCache, LogCacheOptions } from '../../src/cache/log-cache.ts';
import { LeaseWatch } from '../../src/storage/lease-watch.ts';
import { encodeLockOwner } from '../../src/storage/lock-owner.ts';
import { takeNodeLock, unlock } from '../../src/storage/node-lock.ts';
import { NodeStorage } from '../../src/storage/node-storage.ts';
import { NodeProcessProbe } from '../../src/storage/process-identity.ts';
import type { StoreEvent } from '../../src/store/store-event.ts';
import { openFor, someMeta, temporaryDirectory, utf8, valueText } from '../cache/cache-fixtures.ts';
import { nonceOf } from '../storage/lock-simulation.ts';
import { eventsInto } from '../store/event-collector.ts';
import { WindowsFs } from './windows-fs.ts';

const locked = expect.objectContaining({ code: 'LOCKED' });

function optionsOn(windows: WindowsFs, more: LogCacheOptions = {}): LogCacheOptions {
  return { storage: new NodeStorage(windows.platform()), ...more };
}

function fill(cache: LogCache, text: string): void {
  for (let at = 0; at < 20; at += 1) cache.put(`order:${at}`, utf8('old'), someMeta);
  for (let at = 0; at < 20; at += 1) cache.put(`order:${at}`, utf8(text), someMeta);
}

describe('on Windows', () => {
  test('a cache is written, compacted, closed and opened again without an event', () => {
    const windows = new WindowsFs();
    const directory = join(temporaryDirectory(), 'new', 'store');
    const events: StoreEvent[] = [];
    const cache = openFor(directory, optionsOn(windows, { onEvent: eventsInto(events) }));
    fill(cache, 'first');
    cache.sync();
    cache.close();
    expect([events, windows.openFiles]).toEqual([[], 0]);
    const again = openFor(directory, optionsOn(windows, { onEvent: eventsInto(events) }));
    expect(again.stats().recovery).toMatchObject({ clean: true, imageUsed: true });
    again.compact();
    again.close();
    expect(events.map(({ type }) => type)).toEqual(['compaction-started', 'compaction-finished']);
    expect(fs.readdirSync(directory).sort()).toEqual(['000002.index', '000002.log']);
  });

  test('a log that a reader has open is removed when the reader closes, and no opening fails meanwhile', () => {
    const windows = new WindowsFs();
    const directory = temporaryDirectory();
    const writer = openFor(directory, optionsOn(windows));
    fill(writer, 'first');
    writer.sync();
    const reader = openFor(directory, optionsOn(windows, { readOnly: true }));
    fill(writer, 'second');
    writer.compact();
    writer.close();
    expect(fs.readdirSync(directory)).toContain('000001.log');
    const events: StoreEvent[] = [];
    const again = openFor(directory, optionsOn(windows, { onEvent: eventsInto(events) }));
    expect(valueText(again, 'order:7')).toBe('second');
    again.compact();
    const another = openFor(directory, optionsOn(windows, { readOnly: true }));
    expect(valueText(another, 'order:7')).toBe('second');
    for (const cache of [again, another, reader]) cache.close();
    expect(events.filter(({ type }) => type === 'housekeeping-failed')).toEqual([]);
    expect([fs.readdirSync(directory).sort(), windows.openFiles]).toEqual([['000002.index', '000002.log'], 0]);
  });

  test.each([1, 5])('a virus scanner that has a file open for %i attempts delays an opening', (attempts) => {
    const windows = new WindowsFs();
    const directory = temporaryDirectory();
    const cache = openFor(directory, optionsOn(windows));
    fill(cache, 'first');
    cache.close();
    for (const name of ['000001.log', '000001.index', 'LOCK']) windows.scanned.set(name, attempts);
    const again = openFor(directory, optionsOn(windows));
    expect([valueText(again, 'order:7'), again.stats().recovery.imageUsed]).toEqual(['first', true]);
  });

  test('a scanner that keeps a file open fails the opening with EBUSY, and the next one works', () => {
    const windows = new WindowsFs();
    const directory = temporaryDirectory();
    openFor(directory, optionsOn(windows)).close();
    windows.scanned.set('000001.log', 1_000);
    expect(() => openFor(directory, optionsOn(windows))).toThrow(
      expect.objectContaining({ code: 'IO', cause: expect.objectContaining({ code: 'EBUSY' }) }),
    );
    windows.scanned.clear();
    expect(openFor(directory, optionsOn(windows)).size).toBe(0);
  });

  test('a directory in another spelling is the same one', () => {
    const windows = new WindowsFs();
    const parent = temporaryDirectory();
    const cache = openFor(join(parent, 'Store'), optionsOn(windows));
    fill(cache, 'first');
    const here = expect.objectContaining({
      code: 'LOCKED',
      message: expect.stringContaining('already open in this process'),
    });
    expect(() => openFor(join(parent, 'STORE'), optionsOn(windows))).toThrow(here);
    expect(() => unlock(join(parent, 'store'), windows.platform())).toThrow(here);
    cache.close();
    expect(valueText(openFor(join(parent, 'STORE'), optionsOn(windows)), 'order:7')).toBe('first');
  });

  test('foreign files whose names differ only in case are neither read nor replaced', () => {
    const windows = new WindowsFs();
    const directory = temporaryDirectory();
    const foreign = ['000001.LOG', '000002.Index', '000003.log.BAK'];
    for (const name of foreign) fs.writeFileSync(join(directory, name), `of another program: ${name}`);
    const cache = openFor(directory, optionsOn(windows));
    fill(cache, 'first');
    cache.compact();
    cache.close();
    expect(valueText(openFor(directory, optionsOn(windows)), 'order:7')).toBe('first');
    for (const name of foreign) expect(fs.readFileSync(join(directory, name), 'utf8')).toContain(name);
  });

  test('a symbolic link in place of a log is refused, without a flag for it', () => {
    const windows = new WindowsFs();
    const directory = temporaryDirectory();
    fs.writeFileSync(join(directory, 'elsewhere'), '');
    fs.symlinkSync(join(directory, 'elsewhere'), join(directory, '000001.log'));
    expect(() => openFor(directory, optionsOn(windows))).toThrow(
      expect.objectContaining({ code: 'IO', cause: expect.objectContaining({ code: 'ELOOP' }) }),
    );
  });
});

describe('on Windows, the lock', () => {
  const LEASE_MS = 10_000;

  /** The lock of a process on another machine, with a lease that ended; that process has the file open. */
  function frozenOwner(windows: WindowsFs, directory: string): number {
    const identity = new NodeProcessProbe(windows.platform()).identity();
    const owner = { ...identity, machine: 'another', nonce: nonceOf(77), since: '2024-01-01T00:00:00.000Z' };
    const path = join(directory, 'LOCK');
    fs.writeFileSync(path, encodeLockOwner({ ...owner, localVolume: false, leaseMs: LEASE_MS }));
    fs.utimesSync(path, 1_000, 1_000);
    return windows.fs.openSync(path, fs.constants.O_RDWR);
  }

  test('of an owner that is frozen keeps its name: opening waits, and takes it once the owner closes', () => {
    const windows = new WindowsFs();
    const directory = temporaryDirectory();
    const fd = frozenOwner(windows, directory);
    let elapsed = 0;
    const node = windows.platform({ elapsed: () => elapsed });
    const watch = new LeaseWatch(node);
    const take = (): ReturnType<typeof takeNodeLock> => takeNodeLock(node, directory, { watch });
    expect(take).toThrow(locked);
    elapsed += LEASE_MS;
    const waits = expect.objectContaining({ code: 'LOCKED', message: expect.stringContaining('waitForLockMs') });
    expect(take).toThrow(waits);
    expect(take).toThrow(waits);
    expect(fs.readdirSync(directory)).toEqual(['LOCK']);
    windows.fs.closeSync(fd);
    const lock = take();
    expect(lock.isHeld()).toBe(true);
    lock.release();
    expect([fs.readdirSync(directory), windows.openFiles]).toEqual([[], 0]);
  });

  test('that another process has removed is noticed, and its name becomes free', () => {
    const windows = new WindowsFs();
    const directory = temporaryDirectory();
    const lock = takeNodeLock(windows.platform(), directory);
    windows.fs.unlinkSync(join(directory, 'LOCK'));
    expect(fs.readdirSync(directory)).toEqual(['LOCK']);
    expect([lock.isHeld(), lock.isHeld(), fs.readdirSync(directory)]).toEqual([false, false, []]);
    const next = takeNodeLock(windows.platform(), directory);
    expect(next.isHeld()).toBe(true);
    lock.release();
    expect(next.isHeld()).toBe(true);
    next.release();
  });
});

test('on Windows, a log without permission is no log that was removed: opening fails', () => {
  const windows = new WindowsFs();
  const directory = temporaryDirectory();
  const cache = openFor(directory, optionsOn(windows));
  fill(cache, 'first');
  cache.close();
  const openSync: typeof fs.openSync = (path, ...rest) =>
    String(path).endsWith('.log') ? expectedRefusal() : windows.fs.openSync(path, ...rest);
  const node = windows.platform({ fs: { ...windows.fs, openSync } });
  expect(() => openFor(directory, { storage: new NodeStorage(node) })).toThrow(
    expect.objectContaining({ code: 'IO', cause: expect.objectContaining({ code: 'EPERM' }) }),
  );
  expect(valueText(openFor(directory, optionsOn(windows)), 'order:7')).toBe('first');
});

function expectedRefusal(): never {
  throw Object.assign(new Error('EPERM: refused by the test'), { code: 'EPERM' });
}
