import { expect, test } from 'vitest';
import { LogFile } from '../../src/log/log-file.ts';
import { PagePool } from '../../src/log/page-pool.ts';
import { PAGE_BYTES } from '../../src/log/record-memory.ts';
import { FaultStorage } from '../../src/testing/index.ts';
import { appendPut, NAME } from './log-fixtures.ts';

const PAGES = 16;

/** A log of some pages that are only in its file, and a pool of `PAGES` of which one is in use. */
function logOnDisk(): { log: LogFile; pool: PagePool } {
  const directory = new FaultStorage().openDirectory('store', { create: true });
  const place = { generation: 1, salt: 7 };
  const written = LogFile.create(directory.create(NAME), NAME, place, new PagePool(PAGES * PAGE_BYTES), () => {});
  for (let number = 0; number < 6; number += 1) appendPut(written, number, PAGE_BYTES);
  written.flush();
  const { end, lastDataRecord } = written;
  written.close();
  const file = directory.open(NAME, 'write');
  if (file === undefined) throw new Error('the log has no file');
  const pool = new PagePool(PAGES * PAGE_BYTES);
  return {
    pool,
    log: new LogFile({
      name: NAME,
      file,
      header: { version: 1, ...place },
      end,
      lastDataRecord,
      pool,
      assertLockHeld: () => {},
    }),
  };
}

/** How many pages are granted to a reader that displaces no other page. */
function room(pool: PagePool): number {
  let pages = 0;
  while (pool.takeForReading({ dropPage: () => {} }, pages, 0) !== undefined) pages += 1;
  return pages;
}

test('an arriving page gets its number, and exists once', async () => {
  const { log, pool } = logOnDisk();
  log.prefetchPage(2);
  log.prefetchPage(2);
  expect(log.pages[2]).toBeUndefined();
  await new Promise((resolve) => setImmediate(resolve));
  const page = log.pages[2];
  expect(page?.number).toBe(2);
  expect(page?.pinned).toBe(false);
  const target = new Uint8Array(PAGE_BYTES);
  log.readFile(target, 0, PAGE_BYTES, 2 * PAGE_BYTES);
  expect(Buffer.compare(page?.bytes ?? new Uint8Array(0), target)).toBe(0);
  log.prefetchPage(2);
  expect(log.pages[2]).toBe(page);
  expect(room(pool)).toBe(PAGES - 2);
  log.close();
});

test('a page that arrives second releases its memory', async () => {
  const { log, pool } = logOnDisk();
  log.prefetchPage(2);
  const loaded = log.loadPage(2, 0);
  await new Promise((resolve) => setImmediate(resolve));
  expect(log.pages[2]).toBe(loaded);
  expect(room(pool)).toBe(PAGES - 2);
  log.close();
});

test('a page that arrives after its log was closed releases its memory', async () => {
  const { log, pool } = logOnDisk();
  log.prefetchPage(2);
  log.close();
  await new Promise((resolve) => setImmediate(resolve));
  expect(log.pages[2]).toBeUndefined();
  expect(room(pool)).toBe(PAGES);
});
