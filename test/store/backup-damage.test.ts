/*
 * A backup verifies what it copies. What must not happen: that damage of the store, or of the copy, is copied or
 * written silently, or that an older value takes the place of a damaged one.
 */
import { describe, expect, test } from 'vitest';
import { RecordKind } from '../../src/log/record-format.ts';
import type { StorageFile } from '../../src/storage/storage-backend.ts';
import { FaultStorage, faultAt } from '../../src/testing/index.ts';
import { COPY, namesIn, restored } from './backup-fixtures.ts';
import { flip, recordsOf } from './log-records.ts';
import { bytes, contentsOf, openStore } from './store-history.ts';
import { TestDisk } from './test-disk.ts';

const LOG = '000001.log';

/** A store of three keys, the first two with an older value. */
function written(): { disk: TestDisk; copies: FaultStorage; store: ReturnType<typeof openStore> } {
  const disk = new TestDisk();
  const store = openStore(disk);
  for (const round of ['old', 'new']) {
    for (const key of ['a', 'b']) store.writer.put(bytes(key), bytes(`${round} value of ${key}`));
  }
  store.writer.put(bytes('c'), bytes('value of c'));
  store.sync();
  return { disk, copies: new FaultStorage(), store };
}

/** Damages the record of this number among the puts: its body, or its header. */
function damage(disk: TestDisk, put: number, part: 'body' | 'header'): void {
  const record = recordsOf(disk, LOG).filter(({ kind }) => kind === RecordKind.put)[put];
  if (record === undefined) throw new Error('there are too few records');
  flip(disk, LOG, part === 'header' ? record.keyOffset : record.bodyOffset);
}

describe('a damaged value', () => {
  test('is missing in the copy, and its older value does not come back', () => {
    const { disk, copies, store } = written();
    damage(disk, 2, 'body');
    const report = store.backup(COPY, { storage: copies });
    expect(report).toMatchObject({ entries: 3, recordsDamaged: 1 });
    const copy = restored(copies);
    expect([...copy.contents.keys()]).toEqual(['b', 'c']);
    expect(copy.events).toEqual([]);
  });

  test('that was replaced costs nothing', () => {
    const { disk, copies, store } = written();
    const before = contentsOf(store);
    damage(disk, 0, 'body');
    expect(store.backup(COPY, { storage: copies }).recordsDamaged).toBe(1);
    expect(restored(copies).contents).toEqual(before);
  });
});

describe('a damaged header', () => {
  test('ends the backup until a compaction has removed it', () => {
    const { disk, copies, store } = written();
    damage(disk, 1, 'header');
    expect(() => store.backup(COPY, { storage: copies })).toThrow(
      expect.objectContaining({
        code: 'CORRUPT',
        message: expect.stringContaining('call compact() and back up again'),
      }),
    );
    expect(namesIn(copies)).toEqual([]);
    store.compact();
    store.backup(COPY, { storage: copies });
    expect(restored(copies).contents).toEqual(contentsOf(store));
  });

  test('of a store that is poisoned meanwhile counts as that', async () => {
    const { disk, copies, store } = written();
    const done = store.backupAsync(COPY, { storage: copies });
    damage(disk, 1, 'header');
    disk.stealLock();
    await expect(done).rejects.toThrow(expect.objectContaining({ code: 'POISONED' }));
    expect(namesIn(copies)).toEqual([]);
  });
});

test('a copy that cannot be read back as it was written is not left behind', () => {
  const { store } = written();
  const copies = new FaultStorage();
  const broken = {
    openDirectory: (path: string, options: { readonly create: boolean }) => {
      const directory = copies.openDirectory(path, options);
      const create = directory.create.bind(directory);
      return Object.assign(directory, { create: (name: string) => corrupting(create(name)) });
    },
  };
  expect(() => store.backup(COPY, { storage: broken })).toThrow(/the copy is damaged at offset \d+/);
  expect(namesIn(copies)).toEqual([]);
});

test('a log file that is gone fails the backup', () => {
  const { disk, copies, store } = written();
  disk.take(LOG);
  expect(() => store.backup(COPY, { storage: copies })).toThrow(/000001.log is gone/);
  expect(copies.image().has(COPY)).toBe(false);
});

test('a source that cannot be opened or read fails the backup', () => {
  for (const verb of ['open', 'read'] as const) {
    const storage = new FaultStorage();
    const store = openStore(storage);
    store.writer.put(bytes('a'), bytes('value'));
    storage.rule = faultAt({ verb, name: LOG }, { fail: 'EIO' });
    expect(() => store.backup(COPY)).toThrow(expect.objectContaining({ code: 'IO' }));
    expect(namesIn(storage)).toEqual([]);
    expect(storage.openFiles).toEqual(['store/000001.log']);
    expect(contentsOf(store).size).toBe(1);
  }
});

/** A file whose disk flips a bit of each long write. */
function corrupting(file: StorageFile): StorageFile {
  const write = file.write.bind(file);
  return Object.assign(file, {
    write: (source: Uint8Array, offset: number, length: number, position: number) => {
      const written = source.slice(offset, offset + length);
      if (length > 150) written[120] = (written[120] as number) ^ 1;
      return write(written, 0, length, position);
    },
  });
}
