import { describe, expect, test } from 'vitest';
import { PagePool } from '../../src/log/page-pool.ts';
import { PAGE_BYTES, type Page, type PageOwner } from '../../src/log/record-memory.ts';
import { seededRandom } from '../../src/testing/index.ts';

class Owner implements PageOwner {
  readonly dropped: number[] = [];

  dropPage(number: number): void {
    this.dropped.push(number);
  }
}

function fullPool(pages: number): { pool: PagePool; owner: Owner; held: Page[] } {
  const pool = new PagePool(pages * PAGE_BYTES);
  const owner = new Owner();
  return { pool, owner, held: Array.from({ length: pages }, (_, number) => pool.take(owner, number)) };
}

describe('a page', () => {
  test('knows each verified place, and forgets all with its next owner', () => {
    const pool = new PagePool(PAGE_BYTES);
    const page = pool.take(new Owner(), 0);
    for (let at = 0; at < PAGE_BYTES; at += 24) page.setVerified(at);
    const places = Array.from({ length: PAGE_BYTES / 8 }, (_, unit) => unit * 8);
    expect(places.filter((at) => page.isVerified(at))).toEqual(places.filter((at) => at % 24 === 0));
    page.assign(new Owner(), 1);
    expect(places.filter((at) => page.isVerified(at))).toEqual([]);
  });
});

describe('a pool', () => {
  test('has room for at least one page', () => {
    expect(new PagePool(1).take(new Owner(), 0).bytes.length).toBe(PAGE_BYTES);
  });

  test('stays within its bound by reusing the least recently used page', () => {
    const { pool, owner, held } = fullPool(4);
    for (const [number, page] of held.entries()) for (let hit = 0; hit < 8 * number; hit += 1) page.touch();
    const taken = pool.take(owner, 9);
    expect(owner.dropped).toEqual([0]);
    expect(taken).toBe(held[0]);
    expect(pool.bytes).toBe(4 * PAGE_BYTES);
  });

  test('never reuses a pinned page: it grows beyond its bound and shrinks back to it', () => {
    const { pool, owner, held } = fullPool(3);
    for (const page of held) page.pinned = true;
    expect(pool.takeForReading(owner, 8, 200)).toBeUndefined();
    const beyond = pool.take(owner, 9);
    beyond.pinned = true;
    expect(pool.bytes).toBe(4 * PAGE_BYTES);
    pool.trim();
    expect(pool.bytes).toBe(4 * PAGE_BYTES);
    (held[1] as Page).pinned = false;
    pool.trim();
    expect(pool.bytes).toBe(3 * PAGE_BYTES);
    expect(owner.dropped).toEqual([1]);
  });

  test('shrinks also if only its first page is no longer pinned', () => {
    const { pool, owner, held } = fullPool(2);
    for (const page of held) page.pinned = true;
    pool.take(owner, 9).pinned = true;
    (held[0] as Page).pinned = false;
    pool.trim();
    expect(pool.bytes).toBe(2 * PAGE_BYTES);
    expect(owner.dropped).toEqual([0]);
  });

  test('drops free pages beyond its bound, and forgets them', () => {
    const { pool, owner, held } = fullPool(2);
    for (const page of held) page.pinned = true;
    const beyond = [7, 8].map((number) => {
      const page = pool.take(owner, number);
      page.pinned = true;
      return page;
    });
    for (const page of beyond) pool.release(page);
    pool.trim();
    expect(pool.bytes).toBe(2 * PAGE_BYTES);
    const fresh = pool.take(owner, 9);
    expect(beyond).not.toContain(fresh);
    expect(pool.bytes).toBe(3 * PAGE_BYTES);
  });

  test('reuses released pages before all others', () => {
    const { pool, owner, held } = fullPool(3);
    pool.release(held[1] as Page);
    expect(pool.takeForReading(owner, 5, 1)).toBe(held[1]);
    expect(owner.dropped).toEqual([]);
  });

  test('grants a reader a page only if it was missed more often than a held one was hit', () => {
    const { pool, owner, held } = fullPool(2);
    for (const page of held) for (let hit = 0; hit < 300; hit += 1) page.touch();
    expect(pool.takeForReading(owner, 5, 1)).toBeUndefined();
    let misses = 1;
    while (pool.takeForReading(owner, 5, misses) === undefined) misses += 1;
    expect(misses).toBeGreaterThan(50);
    expect(misses).toBeLessThan(256);
    expect(owner.dropped).toHaveLength(1);
  });

  test('asks four pages at a time, and takes none with as many hits as the new one has misses', () => {
    const { pool, owner, held } = fullPool(10);
    for (const page of held) page.score = 7;
    expect(pool.takeForReading(owner, 99, 7)).toBeUndefined();
    expect(held.filter(({ score }) => score === 6)).toHaveLength(4);
    // Without a miss that counts, no page loses a hit.
    expect(pool.takeForReading(owner, 99, 0)).toBeUndefined();
    expect(held.filter(({ score }) => score === 6)).toHaveLength(4);
    expect(held.filter(({ score }) => score === 7)).toHaveLength(6);
  });

  /*
   * Prefetches cost their caller nothing, so there may be any number of them. They must neither displace pages that are
   * read repeatedly, nor displace one another before they are used.
   */
  test('grants prefetches at most a quarter of its pages, however many there are', () => {
    const pool = new PagePool(16 * PAGE_BYTES);
    const log = new Owner();
    const used = Array.from({ length: 16 }, (_, number) => pool.takeForReading(log, number, 0) as Page);
    for (const page of used) for (let hit = 0; hit < 20; hit += 1) page.touch();
    let granted = 0;
    for (let number = 100; number < 5100; number += 1) {
      const page = pool.takeForPrefetch(log, number);
      if (page === undefined) continue;
      granted += 1;
      pool.arrived(page);
    }
    expect(granted).toBeGreaterThan(1000);
    expect(used.filter(({ number }) => number < 100)).toHaveLength(12);
    expect(pool.bytes).toBe(16 * PAGE_BYTES);
  });

  describe('after prefetches that displaced a quarter of its pages', () => {
    function prefetched(): { pool: PagePool; log: Owner; pages: Page[] } {
      const pool = new PagePool(16 * PAGE_BYTES);
      const log = new Owner();
      for (let number = 0; number < 16; number += 1) pool.takeForReading(log, number, 0);
      const pages: Page[] = [];
      for (let number = 100; pages.length < 4; number += 1) {
        const page = pool.takeForPrefetch(log, number);
        if (page !== undefined) pages.push(page);
      }
      return { pool, log, pages };
    }

    /** Makes every other page a page that was read often: a prefetch can only displace one of `pages`. */
    function keepOthers(pool: PagePool, pages: readonly Page[]): void {
      const other = { dropPage: () => {} };
      for (let page = pool.takeForReading(other, 0, 2); page !== undefined; page = pool.takeForReading(other, 0, 2)) {
        page.score = 200;
        expect(pages).not.toContain(page);
      }
    }

    test('all of them are there', () => {
      const { pages } = prefetched();
      expect(new Set(pages).size).toBe(4);
    });

    test('displaces the oldest for the next, unless it is still being read', () => {
      const { pool, log, pages } = prefetched();
      keepOthers(pool, pages);
      for (const page of pages.slice(1)) pool.arrived(page);
      expect(pool.takeForPrefetch(log, 200)).toBeUndefined();
      pool.arrived(pages[0] as Page);
      expect(pool.takeForPrefetch(log, 201)).toBe(pages[0]);
      expect(pool.takeForPrefetch(log, 202)).toBe(pages[1]);
    });

    test.each<[string, (page: Page, log: Owner) => void]>([
      ['was used since', (page) => page.touch()],
      ['has another page of the log', (page, log) => page.assign(log, 300)],
      ['has a page of another log', (page) => page.assign(new Owner(), page.number)],
    ])('keeps the oldest if it %s', (_reason, change) => {
      const { pool, log, pages } = prefetched();
      const oldest = pages[0] as Page;
      keepOthers(pool, pages);
      for (const page of pages) pool.arrived(page);
      change(oldest, log);
      oldest.score = Math.max(2, oldest.score);
      const { number } = oldest;
      pool.takeForPrefetch(log, 400);
      expect(oldest.number).toBe(number);
    });
  });

  test('grants as many prefetches at a time as its size allows, at most 32, and does not revoke them', () => {
    for (const [pages, atATime] of [
      [1, 1],
      [8, 2],
      [1024, 32],
    ] as const) {
      const pool = new PagePool(pages * PAGE_BYTES);
      const log = new Owner();
      const arriving = Array.from({ length: 100 }, (_, number) => pool.takeForPrefetch(log, number));
      const granted = arriving.filter((page) => page !== undefined);
      expect(granted).toHaveLength(atATime);
      for (let number = 200; number < 200 + pages; number += 1) pool.takeForReading(log, number, 100);
      expect(granted.every((page) => page.number < 100)).toBe(true);
      for (const page of granted) pool.arrived(page);
      expect(pool.takeForPrefetch(log, 300)).toBeDefined();
    }
  });

  test('finds a page for appends even if every page has the highest hit count', () => {
    const { pool, owner, held } = fullPool(5);
    for (const page of held) for (let hit = 0; hit < 1000; hit += 1) page.touch();
    pool.take(owner, 9);
    expect(owner.dropped).toHaveLength(1);
    expect(pool.bytes).toBe(5 * PAGE_BYTES);
  });
});

// Why this test: a page that was dropped to keep the bound was handed out again by a later prefetch, uncounted, one by
// one.
test('prefetches do not revive a dropped page', () => {
  const pool = new PagePool(8 * PAGE_BYTES);
  const held = new Map<number, Page>();
  const owner: PageOwner = { dropPage: (number) => held.delete(number) };
  const random = seededRandom(1);
  const arriving: Page[] = [];
  const arrive = (): void => {
    for (const page of arriving.splice(0)) {
      pool.arrived(page);
      held.set(page.number, page);
    }
  };
  const pin = (number: number): Page => {
    const page = pool.take(owner, number);
    page.pinned = true;
    held.set(number, page);
    return page;
  };
  let tail = pin(0);
  let next = 1;
  const read = (): void => {
    const page = pool.takeForReading(owner, next, 1 + (random() % 3));
    if (page !== undefined) held.set(next, page);
    next += 1;
  };
  const hint = (): void => {
    const page = pool.takeForPrefetch(owner, next);
    if (page !== undefined) arriving.push(page);
    next += 1;
  };
  const append = (): void => {
    const written = Array.from({ length: 1 + (random() % 12) }, (_, i) => pin(next + i));
    next += written.length;
    if (random() % 2 === 0) arrive();
    tail.pinned = false;
    tail = written.pop() ?? tail;
    for (const page of written) page.pinned = false;
    pool.trim();
  };
  const use = (): void => [...held.values()][random() % held.size]?.touch();
  const actions = [
    ...new Array(8).fill(read),
    ...new Array(4).fill(hint),
    arrive,
    arrive,
    append,
    ...new Array(5).fill(use),
  ];
  for (let step = 0; step < 20_000; step += 1) {
    actions[random() % actions.length]();
    const inUse = new Set([...held.values(), ...arriving]).size;
    if (inUse * PAGE_BYTES > pool.bytes) expect.fail(`${inUse} pages in use, ${pool.bytes} bytes counted`);
  }
});
