/*
 * `compactAsync` writes an image of the index after it has synced concurrent writes. By then another automatic
 * compaction may have started, and the index contains locations in a generation that is still being built. The image
 * treated them as locations in the current log. After a kill, the one below pointed at an old record of the same key
 * and size, and an old value came back.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { bytes, getBody, openStore, openWithEvents, text } from '../store/store-history.ts';
import { TestDisk } from '../store/test-disk.ts';

test('no image is written while a compaction has moved entries into the next generation', async () => {
  const disk = new TestDisk();
  const { store, events } = openWithEvents(disk);
  store.writer.put(bytes('key'), bytes('old'));
  store.sync();
  disk.holdsSyncs = true;
  const compaction = store.compactAsync();
  // The new generation starts with the old value; the next one will start with the new value, at the same offset.
  store.writer.put(bytes('key'), bytes('new'));
  while (disk.heldSyncs === 0) await nextTurn();
  for (let round = 0; events.filter(({ type }) => type === 'compaction-started').length < 2; round += 1) {
    store.writer.put(bytes('big'), new Uint8Array(100_000).fill(round));
  }
  store.sync();
  disk.releaseSyncs();
  await compaction;
  const after = openStore(disk.afterKill());
  expect(text(getBody(after, bytes('key')) ?? bytes('missed'))).toBe('new');
  expect(getBody(after, bytes('big'))?.length).toBe(100_000);
});
