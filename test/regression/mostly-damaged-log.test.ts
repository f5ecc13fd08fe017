/*
 * Another store refused to open if more than a tenth of its file was damaged, so a cache that could have been rebuilt
 * kept its application from starting. This store opens with any amount of damage, keeps the intact entries and accepts
 * puts.
 */
import { expect, test } from 'vitest';
import { flip, lastRecordOf } from '../store/log-records.ts';
import { bytes, contentsOf, openStore, openWithEvents } from '../store/store-history.ts';
import { TestDisk } from '../store/test-disk.ts';

const LOG = '000001.log';
const ENTRIES = 200;

test.each([0.11, 0.5, 0.9, 1])('a log opens with %d of its values damaged, and the others are there', (part) => {
  const disk = new TestDisk();
  const store = openStore(disk);
  for (let i = 0; i < ENTRIES; i += 1) store.writer.put(bytes(`key ${i}`), bytes(`value ${i}`));
  store.sync();
  const damaged = disk.afterKill();
  for (let i = 0; i < Math.round(ENTRIES * part); i += 1) {
    flip(damaged, LOG, lastRecordOf(disk, LOG, `key ${i}`).bodyOffset);
  }
  const { store: after, events } = openWithEvents(damaged);
  const contents = contentsOf(after);
  expect(contents.size).toBe(ENTRIES - Math.round(ENTRIES * part));
  for (const [key, body] of contents) expect(body).toBe(key.replace('key', 'value'));
  expect(events.map(({ type }) => type)).toContain('recovered');
  after.writer.put(bytes('key 0'), bytes('again'));
  after.close();
  expect(contentsOf(openStore(damaged)).get('key 0')).toBe('again');
});
