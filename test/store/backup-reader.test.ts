/*
 * A read-only store has no lock: its writer may replace, truncate and remove the log while a backup of the reader
 * copies it. Then the copy starts again with the new log. It must never take the rest of a truncated log for damage.
 */
import { describe, expect, test } from 'vitest';
import type { LogStore } from '../../src/store/log-store.ts';
import { FaultStorage } from '../../src/testing/index.ts';
import { COPY, fill, namesIn, restored } from './backup-fixtures.ts';
import { bytes, contentsOf, openStore } from './store-history.ts';

const BODY_BYTES = 20_000;

/** A store of several steps of a backup, open for its writer and for a reader. */
function shared(): { storage: FaultStorage; writer: LogStore; reader: () => LogStore } {
  const storage = new FaultStorage();
  const writer = openStore(storage);
  fill(writer, 60, BODY_BYTES);
  writer.sync();
  const reader = (): LogStore =>
    openStore({ openDirectory: (...args) => storage.openDirectory(...args) }, { readOnly: true });
  return { storage, writer, reader };
}

describe('a backup of a reader', () => {
  test('holds what the reader sees, and nothing that the writer added', () => {
    const { storage, writer, reader } = shared();
    const opened = reader();
    writer.writer.put(bytes('later'), bytes('value'));
    writer.sync();
    const report = opened.backup(COPY);
    expect(report.entries).toBe(60);
    expect(restored(storage).contents).toEqual(contentsOf(opened));
  });

  test('of a directory without a store is an empty store', () => {
    const storage = new FaultStorage();
    storage.openDirectory('store', { create: true });
    const opened = openStore(storage, { readOnly: true });
    expect(opened.backup(COPY)).toMatchObject({ entries: 0, records: 0 });
    expect(restored(storage).contents.size).toBe(0);
  });

  test.each([0, 1, 3])('starts again if the writer replaces the log after %i steps', async (steps) => {
    const { storage, writer, reader } = shared();
    const opened = reader();
    let left = steps;
    const replace = (): void => {
      fill(writer, 60, BODY_BYTES, 1);
      writer.compact();
    };
    if (steps === 0) replace();
    const onProgress = (): void => {
      left -= 1;
      if (left === 0) replace();
    };
    const report = await opened.backupAsync(COPY, { onProgress });
    expect(report).toMatchObject({ entries: 60, records: 60, recordsDamaged: 0 });
    expect(restored(storage).contents).toEqual(contentsOf(writer));
    expect(storage.openFiles.filter((path) => path === 'store/000001.log')).toHaveLength(1);
  });

  test('fails if the writer replaces the log again and again', async () => {
    const { storage, writer, reader } = shared();
    let round = 1;
    const onProgress = (): void => {
      fill(writer, 60, BODY_BYTES, round);
      writer.compact();
      round += 1;
    };
    await expect(reader().backupAsync(COPY, { onProgress })).rejects.toThrow(
      expect.objectContaining({ code: 'IO', message: expect.stringMatching(/replaced the log 10 times/) }),
    );
    expect(namesIn(storage)).toEqual([]);
  });

  test('takes damage for what it is', () => {
    const { storage, reader } = shared();
    const opened = reader();
    const log = storage.openDirectory('store', { create: false }).open('000001.log', 'write');
    log?.write(new Uint8Array(64), 0, 64, 3 * BODY_BYTES);
    expect(opened.backup(COPY)).toMatchObject({ entries: 60, recordsDamaged: 1 });
    expect(restored(storage).contents.size).toBe(59);
  });
});
