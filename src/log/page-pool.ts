import { PAGE_BYTES, Page, type PageOwner, SCORE_MAX } from './record-memory.ts';

/** How many pages are compared with a page that a reader wants to load. */
const CANDIDATES_MAX = 4;
/** Pages that are prefetched at the same time, at most: more would queue at any disk. */
const ARRIVING_MAX = 32;
/** A prefetched page displaces pages with a score below this. */
const PREFETCH_SCORE = 2;
/** The share of all pages that prefetched ones may displace. */
const DISPLACED_SHARE = 0.25;
/** The part of the memory of a process that the page cache may use by default. */
const DEFAULT_SHARE: number = 1 / 16;
const DEFAULT_BYTES_MIN: number = 8 * 1024 * 1024;
/** With it, a store of a million entries stays below 200 MB of private memory. */
const DEFAULT_BYTES_MAX: number = 64 * 1024 * 1024;

/** A page that displaced another for a prefetch, and what it was prefetched for. */
interface Prefetched {
  readonly page: Page;
  readonly owner: PageOwner;
  readonly number: number;
}

/** Whether the page still has what was prefetched and had no hit since. */
function isUnused({ page, owner, number }: Prefetched): boolean {
  return page.owner === owner && page.number === number && page.score <= PREFETCH_SCORE;
}

/**
 * The page cache of a store: bounds the log bytes in memory, for all of its files together. Memory is reused and not
 * released, because the first access to new memory is slow.
 *
 * Invariants:
 * 1. Every page in `#pages` either has an owner or is in `#free`.
 * 2. A pinned page is never evicted.
 * 3. There are at most `#pagesMax` pages, and more only while pinned pages need it.
 * 4. At most `#displacingMax` prefetched pages that displaced others are unused: the oldest is evicted for the next.
 */
export class PagePool {
  readonly #pagesMax: number;
  readonly #pages: Page[] = [];
  readonly #free: Page[] = [];
  readonly #displacingMax: number;
  /** The latest prefetched pages that displaced others, oldest first. */
  readonly #displacing: Prefetched[] = [];
  /** Pages that are being prefetched. */
  #arriving = 0;
  /** The page that was examined last for an eviction. */
  #hand = 0;

  /** `bytesMax` is rounded down to whole pages, one at least. */
  constructor(bytesMax: number) {
    this.#pagesMax = Math.max(1, Math.floor(bytesMax / PAGE_BYTES));
    this.#displacingMax = Math.max(1, Math.floor(this.#pagesMax * DISPLACED_SHARE));
  }

  /** Memory in use, in bytes. */
  get bytes(): number {
    return this.#pages.length * PAGE_BYTES;
  }

  /** A page for appends. It is always granted: if necessary, a page with few recent hits is evicted. */
  take(owner: PageOwner, number: number): Page {
    const page = this.#unused() ?? this.#evictLeastUsed() ?? this.#grow();
    page.assign(owner, number);
    return page;
  }

  /**
   * A page for reading. It is granted if a page is free, or if a page is found whose score is below `score`, the number of
   * misses of the new one; with 0 no page is evicted. Otherwise a working set larger than the pool would read a page for
   * each record.
   */
  takeForReading(owner: PageOwner, number: number, score: number): Page | undefined {
    const page = this.#unused() ?? (score === 0 ? undefined : this.#evictBelow(score));
    page?.assign(owner, number);
    return page;
  }

  /**
   * A page for a prefetch, pinned until `arrived`. However many prefetches there are, at most 32 pages are read at a time
   * and at most a quarter of the pool is displaced.
   */
  takeForPrefetch(owner: PageOwner, number: number): Page | undefined {
    if (this.#arriving >= Math.min(ARRIVING_MAX, this.#displacingMax)) return undefined;
    const page = this.#unused() ?? this.#displaceFor(owner, number);
    if (page === undefined) return undefined;
    page.assign(owner, number);
    page.score = PREFETCH_SCORE;
    page.pinned = true;
    this.#arriving += 1;
    return page;
  }

  /** The read into a page of `takeForPrefetch` has ended. */
  arrived(page: Page): void {
    this.#arriving -= 1;
    page.pinned = false;
  }

  /** Returns a page to the pool. */
  release(page: Page): void {
    page.owner = undefined;
    page.pinned = false;
    this.#free.push(page);
  }

  /** Releases pages above the bound that are no longer pinned. */
  trim(): void {
    let excess = this.#pages.length - this.#pagesMax;
    for (let at = this.#pages.length - 1; at >= 0 && excess > 0; at -= 1) {
      const page = this.#pages[at] as Page;
      if (page.pinned) continue;
      if (page.owner === undefined) this.#free.splice(this.#free.indexOf(page), 1);
      else this.#evict(page).owner = undefined;
      this.#pages.splice(at, 1);
      excess -= 1;
    }
  }

  #unused(): Page | undefined {
    return this.#free.pop() ?? (this.#pages.length < this.#pagesMax ? this.#grow() : undefined);
  }

  #grow(): Page {
    const page = new Page();
    this.#pages.push(page);
    return page;
  }

  #evictLeastUsed(): Page | undefined {
    // Each round halves every score: a page that is not pinned is found within log2(SCORE_MAX) + 1 rounds.
    const stepsMax = this.#pages.length * (Math.ceil(Math.log2(SCORE_MAX)) + 1);
    for (let step = 0; step < stepsMax; step += 1) {
      const page = this.#advanceHand();
      if (page.pinned || page.owner === undefined) continue;
      if (page.score === 0) return this.#evict(page);
      page.score >>= 1;
    }
    return undefined;
  }

  #displaceFor(owner: PageOwner, number: number): Page | undefined {
    const oldest = this.#displacing[0];
    const full = this.#displacing.length >= this.#displacingMax;
    const recycles = full && oldest !== undefined && isUnused(oldest);
    if (recycles && oldest.page.pinned) return undefined;
    const page = recycles ? this.#evict(oldest.page) : this.#evictBelow(PREFETCH_SCORE);
    if (page === undefined) return undefined;
    if (full) this.#displacing.shift();
    this.#displacing.push({ page, owner, number });
    return page;
  }

  #evictBelow(score: number): Page | undefined {
    for (let candidate = 0; candidate < CANDIDATES_MAX; candidate += 1) {
      const page = this.#advanceHand();
      if (page.pinned || page.owner === undefined) continue;
      if (page.score < score) return this.#evict(page);
      if (page.score > 0) page.score -= 1;
    }
    return undefined;
  }

  #advanceHand(): Page {
    this.#hand = (this.#hand + 1) % this.#pages.length;
    return this.#pages[this.#hand] as Page;
  }

  #evict(page: Page): Page {
    page.owner?.dropPage(page.number);
    return page;
  }
}

/** What a runtime says about memory, in bytes. */
export type MemoryReport = Partial<Pick<NodeJS.Process, 'constrainedMemory' | 'availableMemory'>>;

/**
 * The default of `pageCacheBytes`: a sixteenth of the memory that this process may use, the limit of its container or what is
 * available, from 8 to 64 MiB. A runtime that does not report it, such as a browser, has the maximum.
 */
export function defaultPageCacheBytes(runtime: MemoryReport = globalThis.process ?? {}): number {
  // 0 or undefined means that there is no limit, or that it is unknown.
  const limits = [runtime.constrainedMemory?.(), runtime.availableMemory?.()].filter(
    (bytes) => bytes !== undefined && bytes > 0,
  );
  const usable = Math.min(...(limits as number[]));
  return Math.max(DEFAULT_BYTES_MIN, Math.min(DEFAULT_BYTES_MAX, Math.floor(usable * DEFAULT_SHARE)));
}
