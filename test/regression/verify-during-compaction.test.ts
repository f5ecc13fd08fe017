/*
 * `verify` read the files of both generations of a running compaction, but flushed only the old one. The entries that
 * had been copied into memory of the new one were reported as damaged.
 */
import { expect, test } from 'vitest';
import { errnoError } from '../../src/storage/errno-error.ts';
import { bytes, openWithEvents } from '../store/store-history.ts';
import { TestDisk } from '../store/test-disk.ts';

function storeInCompaction(): { disk: TestDisk } & ReturnType<typeof openWithEvents> & { compaction: Promise<void> } {
  const disk = new TestDisk();
  const opened = openWithEvents(disk);
  opened.store.writer.put(bytes('small'), bytes('value'));
  for (let round = 0; round < 8; round += 1) opened.store.writer.put(bytes('big'), new Uint8Array(60_000).fill(round));
  return { disk, ...opened, compaction: opened.store.compactAsync() };
}

test('a store is intact in the middle of a compaction', async () => {
  const { store, compaction } = storeInCompaction();
  expect(store.verify()).toMatchObject({ ok: true, entries: 2, entriesDamaged: 0, damaged: [] });
  await compaction;
  expect(store.verify()).toMatchObject({ ok: true, entries: 2 });
});

test('a new generation that cannot be written ends its compaction, not the verification', async () => {
  const { disk, store, events, compaction } = storeInCompaction();
  disk.before = ({ verb, name }) => {
    if (verb === 'write' && name === '000002.log') throw errnoError('ENOSPC', 'no space left', verb, name);
    return undefined;
  };
  expect(store.verify()).toMatchObject({ ok: true, entries: 2 });
  await expect(compaction).rejects.toThrow(/ENOSPC/);
  expect(events.map(({ type }) => type)).toContain('compaction-abandoned');
});
