/*
 * A backup is a copy of the store as it was at the call, made while the store changes. What must not happen: that the
 * copy holds anything that came later, misses anything that was accepted, or brings back what was deleted.
 */
import { describe, expect, test } from 'vitest';
import { nextTurn } from '../../src/base/pauses.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import type { LogStore } from '../../src/store/log-store.ts';
import { FaultStorage, faultAt, withFile } from '../../src/testing/index.ts';
import { COPY, fill, MARKER, namesIn, restored } from './backup-fixtures.ts';
import { bytes, contentsOf, openStore, openWithEvents } from './store-history.ts';

const MIB = 1024 * 1024;

/** A store with replaced, deleted and batched entries, several steps of a backup large. */
function usedStore(storage = new FaultStorage()): { storage: FaultStorage; store: LogStore } {
  const store = openStore(storage);
  fill(store, 200, 5000);
  fill(store, 50, 5000, 3);
  store.writer.putMany([
    { key: bytes('batch a'), value: bytes('1'), trailer: bytes('') },
    { key: bytes('batch b'), value: bytes('2'), trailer: bytes('') },
  ]);
  store.writer.delete(bytes('key 7'));
  store.writer.deletePrefix(bytes('key 1'));
  store.sync();
  store.writer.put(bytes('unsynced'), bytes('value'));
  return { storage, store };
}

describe('a backup', () => {
  test('opens as the store that was copied, cleanly, for a writer and for a reader', () => {
    const { storage, store } = usedStore();
    const before = contentsOf(store);
    const report = store.backup(COPY);
    expect(report).toMatchObject({ entries: before.size, recordsDamaged: 0 });
    expect(report.bytes).toBe(storage.image().get(COPY)?.get('000001.log')?.length);
    expect(namesIn(storage)).toEqual(['000001.log']);
    expect(storage.openFiles).toEqual(['store/000001.log']);
    expect(restored(storage, { readOnly: true }).contents).toEqual(before);
    const copy = restored(storage);
    expect(copy.contents).toEqual(before);
    expect(copy.events).toEqual([]);
    // COMPLETE and MARK are records too.
    expect(copy.store.stats().recovery).toMatchObject({ clean: true, records: report.records + 2 });
    expect(copy.store.verify().ok).toBe(true);
    expect(contentsOf(store)).toEqual(before);
  });

  test('of an empty store is an empty store', () => {
    const storage = new FaultStorage();
    openStore(storage).backup(COPY);
    expect(namesIn(storage)).toEqual(['000001.log']);
    expect(restored(storage).store.stats().recovery).toMatchObject({ generation: 1, clean: true });
  });

  test('can be written to and compacted like any store', () => {
    const { storage, store } = usedStore();
    store.backup(COPY);
    const copy = restored(storage).store;
    copy.writer.put(bytes('new'), bytes('value'));
    copy.compact();
    const contents = contentsOf(copy);
    copy.close();
    expect(restored(storage).contents).toEqual(contents);
    expect(contents.size).toBe(store.size + 1);
  });

  test('goes to another storage', () => {
    const { store } = usedStore();
    const elsewhere = new MemoryStorage();
    store.backup(COPY, { storage: elsewhere });
    expect(restored(elsewhere).contents).toEqual(contentsOf(store));
  });

  test('of a poisoned store is refused, as what is in memory cannot be written', () => {
    const { storage, store } = usedStore();
    storage.rule = faultAt({ verb: 'sync', name: '000001.log' }, { fail: 'EIO' });
    expect(() => store.sync()).toThrow();
    expect(() => store.backup(COPY)).toThrow(expect.objectContaining({ code: 'POISONED' }));
    expect(namesIn(storage)).toEqual([]);
  });

  test('reports its progress up to the end', () => {
    const { store } = usedStore();
    const shares: number[] = [];
    store.backup(COPY, { onProgress: ({ doneBytes, totalBytes }) => shares.push(doneBytes / totalBytes) });
    expect(shares.length).toBeGreaterThan(6);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
  });
});

describe('a backup while the store is used', () => {
  test('holds the state at the call and nothing later', async () => {
    const { storage, store } = usedStore();
    const before = contentsOf(store);
    let steps = 0;
    const done = store.backupAsync(COPY, {
      onProgress: () => {
        steps += 1;
        store.writer.put(bytes(`later ${steps}`), bytes('value'));
        store.writer.put(bytes('key 30'), bytes(`later ${steps}`));
        store.writer.delete(bytes(`key ${40 + steps}`));
        store.sync();
      },
    });
    store.writer.put(bytes('right after the call'), bytes('value'));
    await done;
    expect(steps).toBeGreaterThan(6);
    expect(restored(storage).contents).toEqual(before);
  });

  test.each(['compact', 'compactAsync', 'writes'] as const)(
    'survives a compaction by %s that replaces the log in the middle',
    async (how) => {
      const storage = new FaultStorage();
      const { store, events } = openWithEvents(storage);
      fill(store, 350, 20_000);
      fill(store, 20, 20_000, 1);
      const before = contentsOf(store);
      const generations: number[] = [];
      // One that is under way has copied some of the log when the backup begins.
      const compacted = how === 'compactAsync' ? store.compactAsync() : undefined;
      for (let turn = 0; turn < 10; turn += 1) await nextTurn();
      await store.backupAsync(COPY, {
        onProgress: () => {
          generations.push(store.stats().generation);
          if (generations.length !== 2) return;
          fill(store, 30, 20_000, 2);
          if (how === 'compact') store.compact();
          if (how !== 'writes') return;
          for (let round = 2; store.stats().generation === 1; round += 1) fill(store, 350, 20_000, round);
        },
      });
      await compacted;
      expect(generations[0]).toBe(1);
      // The log was replaced while part of it was still to be copied.
      expect(generations.slice(0, generations.length / 2)).toContain(2);
      expect(restored(storage).contents).toEqual(before);
      expect(events.filter(({ type }) => type === 'housekeeping-failed')).toEqual([]);
      // Nothing holds the old log any longer.
      expect(namesIn(storage, 'store')).not.toContain('000001.log');
      expect(store.verify().ok).toBe(true);
    },
  );

  test('keeps the old log only as long as it reads it, and only without its header', async () => {
    const storage = new FaultStorage();
    const store = openStore(storage);
    fill(store, 100, 20_000);
    const sizes: number[] = [];
    const size = (): number => storage.image().get('store')?.get('000001.log')?.length ?? 0;
    const whole = (): number => size();
    const done = store.backupAsync(COPY, {
      onProgress: () => {
        if (sizes.length === 1) {
          fill(store, 100, 20_000, 1);
          store.compact();
          expect(storage.image().get('store')?.get('000001.log')?.subarray(0, 8)).toEqual(new Uint8Array(8));
        }
        // Pays for the removal of everything that may be removed.
        if (sizes.length > 1) for (let i = 0; i < 300; i += 1) store.writer.put(bytes('small'), bytes(`${i}`));
        sizes.push(whole());
      },
    });
    await done;
    expect(Math.min(...sizes.slice(1))).toBeGreaterThan(4 * MIB - 200_000);
    expect(size()).toBe(0);
  });

  test.each(['between', 'beneath'] as const)('ends with CLOSED if the store is closed %s its steps', async (when) => {
    const { storage, store } = usedStore();
    let steps = 0;
    const done = store.backupAsync(COPY, {
      onProgress: () => {
        steps += 1;
        if (steps === 3 && when === 'beneath') store.close();
        if (steps === 3 && when === 'between') setTimeout(() => store.close(), 0);
      },
    });
    await expect(done).rejects.toThrow(expect.objectContaining({ code: 'CLOSED' }));
    expect(namesIn(storage)).toEqual([]);
    expect(storage.isLocked(COPY)).toBe(false);
    expect(storage.openFiles).toEqual([]);
  });

  test('does not hold up a close, which removes the old log also while it is read', async () => {
    const storage = new FaultStorage();
    const store = openStore(storage);
    fill(store, 100, 20_000);
    const done = store.backupAsync(COPY, {
      onProgress: ({ doneBytes }) => {
        if (doneBytes > MIB / 2) return;
        fill(store, 50, 20_000, 1);
        store.compact();
        store.close();
        expect(namesIn(storage, 'store')).toEqual(['000002.index', '000002.log']);
      },
    });
    await expect(done).rejects.toThrow(expect.objectContaining({ code: 'CLOSED' }));
    expect(namesIn(storage)).toEqual([]);
  });

  test('two at once go to two directories', async () => {
    const { storage, store } = usedStore();
    const before = contentsOf(store);
    const first = store.backupAsync('other');
    store.writer.put(bytes('between'), bytes('value'));
    await Promise.all([first, store.backupAsync(COPY)]);
    expect(restored(storage).contents.size).toBe(before.size + 1);
    expect(namesIn(storage, 'other')).toEqual(['000001.log']);
  });
});

describe('an aborted backup', () => {
  test('that is aborted before does nothing', async () => {
    const { storage, store } = usedStore();
    const signal = AbortSignal.abort(new Error('too late'));
    expect(() => store.backup(COPY, { signal })).toThrow('too late');
    await expect(store.backupAsync(COPY, { signal })).rejects.toThrow('too late');
    expect(storage.image().has(COPY)).toBe(false);
  });

  test('removes what it has made', async () => {
    const { storage, store } = usedStore();
    for (const steps of [1, 2, 6]) {
      const abort = new AbortController();
      let left = steps;
      const onProgress = (): void => {
        left -= 1;
        if (left === 0) abort.abort(new Error('aborted'));
      };
      await expect(store.backupAsync(COPY, { signal: abort.signal, onProgress })).rejects.toThrow('aborted');
      expect(namesIn(storage)).toEqual([]);
      expect(storage.isLocked(COPY)).toBe(false);
    }
    // Nothing is in the way of the next one.
    await store.backupAsync(COPY);
    expect(restored(storage).contents).toEqual(contentsOf(store));
  });
});

describe('the directory of a backup', () => {
  test.each(['foreign', MARKER, '000001.log'])('must be empty: it has %s', (name) => {
    const storage = new FaultStorage({ image: withFile(new Map(), COPY, name, new Uint8Array(3)) });
    const store = openStore(storage);
    expect(() => store.backup(COPY)).toThrow(
      expect.objectContaining({ code: 'IO', cause: expect.objectContaining({ code: 'ENOTEMPTY' }) }),
    );
    expect(() => store.backup(COPY)).toThrow(name === MARKER ? /not finished/ : /not empty/);
    expect(namesIn(storage)).toEqual([name]);
  });

  test('must not be that of the store', () => {
    const { storage, store } = usedStore();
    const names = namesIn(storage, 'store');
    expect(() => store.backup('store')).toThrow(/not empty; name a new directory/);
    expect(namesIn(storage, 'store')).toEqual(names);
  });

  test('takes one backup at a time', async () => {
    const { storage, store } = usedStore();
    const refusals: Promise<unknown>[] = [];
    const onProgress = (): unknown => refusals.push(store.backupAsync(COPY).catch((error: Error) => error.message));
    await store.backupAsync(COPY, { onProgress });
    const messages = new Set(await Promise.all(refusals));
    expect([...messages]).toEqual([expect.stringMatching(/another backup is being made there, or was not finished/)]);
    expect(restored(storage).contents).toEqual(contentsOf(store));
  });

  test('is not opened before the backup is done, by a writer or a reader', async () => {
    const { storage, store } = usedStore();
    const refusals = new Set<string>();
    await store.backupAsync(COPY, {
      onProgress: () => {
        for (const readOnly of [true, false]) {
          try {
            restored(storage, { readOnly });
          } catch (error) {
            refusals.add((error as { code: string }).code);
            continue;
          }
          expect.unreachable('it was opened');
        }
      },
    });
    expect([...refusals].sort()).toEqual(['INCOMPATIBLE', 'LOCKED']);
  });

  test('that is taken away in the middle is left alone', async () => {
    const { storage, store } = usedStore();
    let steps = 0;
    const done = store.backupAsync(COPY, {
      onProgress: () => {
        steps += 1;
        if (steps === 2) storage.takeLockAway(COPY);
      },
    });
    await expect(done).rejects.toThrow(/was removed, or taken by another process/);
    // What is there may be the work of the other process.
    expect(namesIn(storage)).toEqual(['000001.log', MARKER]);
  });

  test('that another process opened in the same moment is left to it', () => {
    const { storage, store } = usedStore();
    let opened = false;
    storage.rule = (call) => {
      if (!opened && call.verb === 'create' && call.name === MARKER) {
        opened = true;
        restored(storage).store.close();
      }
      return undefined;
    };
    expect(() => store.backup(COPY)).toThrow(/another process has opened it; name a new directory/);
    expect(restored(storage).contents.size).toBe(0);
  });
});

test.each([{ onprogress: () => {} }, { to: 'copy' }, [], 'copy'])('%j are no options', async (options) => {
  const { storage, store } = usedStore();
  expect(() => store.backup(COPY, options as object)).toThrow(TypeError);
  await expect(store.backupAsync(COPY, options as object)).rejects.toThrow(TypeError);
  expect(storage.image().has(COPY)).toBe(false);
});
