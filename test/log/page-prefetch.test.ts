import { expect, test } from 'vitest';
import { BodyReader } from '../../src/log/body-reader.ts';
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

/** Waits until the reads that have been started have ended. */
async function arrival(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test('an arriving page gets its number, and exists once', async () => {
  const { log, pool } = logOnDisk();
  log.prefetchPage(2);
  log.prefetchPage(2);
  expect(log.pages[2]).toBeUndefined();
  await arrival();
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
  await arrival();
  expect(log.pages[2]).toBe(loaded);
  expect(room(pool)).toBe(PAGES - 2);
  log.close();
});

test('a page that arrives after its log was closed releases its memory', async () => {
  const { log, pool } = logOnDisk();
  log.prefetchPage(2);
  log.close();
  await arrival();
  expect(log.pages[2]).toBeUndefined();
  expect(room(pool)).toBe(PAGES);
});

test('a page that is arriving is not read a second time', () => {
  const { log, pool } = logOnDisk();
  log.prefetchPage(2);
  log.prefetchPage(2);
  expect(room(pool)).toBe(PAGES - 2);
  log.close();
});

test('a page can be prefetched again after it was evicted', async () => {
  const { log } = logOnDisk();
  log.prefetchPage(2);
  await arrival();
  log.dropPage(2);
  log.prefetchPage(2);
  await arrival();
  expect(log.pages[2]).toBeDefined();
  log.close();
});

test('nothing is prefetched by a storage without asynchronous reads', () => {
  const { log, pool } = logOnDisk();
  Object.assign(log.file, { readAsync: undefined });
  log.prefetchPage(2);
  expect(room(pool)).toBe(PAGES - 1);
  log.close();
});

test.each([
  ['fails', () => Promise.reject(new Error('out of order'))],
  ['ends too early', () => Promise.resolve(0)],
])('a page whose read %s releases its memory', async (_way, readAsync) => {
  const { log, pool } = logOnDisk();
  Object.assign(log.file, { readAsync });
  log.prefetchPage(2);
  await arrival();
  expect(log.pages[2]).toBeUndefined();
  expect(room(pool)).toBe(PAGES - 1);
  log.close();
});

test('a prefetch that the pool does not grant is left out', async () => {
  const { log } = logOnDisk();
  for (const number of [0, 1, 2, 3, 4, 5]) log.prefetchPage(number);
  await arrival();
  expect(log.pages.slice(0, 6).filter((page) => page !== undefined)).toHaveLength(4);
  log.close();
});

test.each([
  ['in the middle of a page', 2 * PAGE_BYTES + 800, 800, [2]],
  ['up to the end of a page', 2 * PAGE_BYTES + 800, PAGE_BYTES - 800, [2]],
  ['of one byte more', 2 * PAGE_BYTES + 800, PAGE_BYTES - 799, [2, 3]],
  ['over three pages', PAGE_BYTES, 2 * PAGE_BYTES + 1, [1, 2, 3]],
])('a record %s is prefetched with its pages', async (_place, offset, size, expected) => {
  const { log } = logOnDisk();
  const { end } = log;
  new BodyReader(log).prefetch(offset, size);
  await arrival();
  const tail = Math.floor(end / PAGE_BYTES);
  expect([0, 1, 2, 3, 4, 5, 6].filter((number) => number !== tail && log.pages[number] !== undefined)).toEqual(
    expected,
  );
  log.close();
});
