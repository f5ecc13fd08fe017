import { RECORD_ALIGNMENT } from './record-format.ts';
import { type RecordMemory, recordMemory } from './record-memory.ts';

export const PAGE_BYTES: number = 64 * 1024;

/** A page's score rises with its hits up to this, and sinks when room is looked for. */
const SCORE_MAX = 255;
/** How many pages a reader may weigh its page against before it gives up. */
const CANDIDATES_MAX = 4;
/** Pages that are prefetched at a time; more are hints too many for any disk. */
const ARRIVING_MAX = 32;
/** A page that was asked for only by a hint displaces what has fewer hits than this. */
const PREFETCH_SCORE = 2;
/** Of all pages this share at most is displaced for the sake of hints. */
const DISPLACED_SHARE = 0.25;

/** Who must forget a page when its memory is needed elsewhere. */
export interface PageOwner {
  dropPage(number: number): void;
}

/** Memory for one page of a log file. */
export class Page implements RecordMemory {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  /** One bit for each place a record may start at: its checksums were found right, or it was written here. */
  readonly #verified: Int32Array;
  owner: PageOwner | undefined = undefined;
  number = 0;
  /** A pinned page holds bytes that are not in the file yet, or the place of the next append. */
  pinned = false;
  /** Every byte of it was written here, so that all its records are known to be sound. */
  isOwnWork = false;
  score = 0;

  constructor() {
    const memory = recordMemory(PAGE_BYTES);
    this.bytes = memory.bytes;
    this.words = memory.words;
    this.#verified = new Int32Array(PAGE_BYTES / RECORD_ALIGNMENT / 32);
  }

  assign(owner: PageOwner, number: number): void {
    this.owner = owner;
    this.number = number;
    this.pinned = false;
    this.isOwnWork = false;
    this.score = 1;
    this.#verified.fill(0);
  }

  isVerified(at: number): boolean {
    return this.isOwnWork || ((this.#verified[at >>> 8] as number) & (1 << (at >>> 3))) !== 0;
  }

  setVerified(at: number): void {
    this.#verified[at >>> 8] = (this.#verified[at >>> 8] as number) | (1 << (at >>> 3));
  }

  touch(): void {
    if (this.score < SCORE_MAX) this.score += 1;
  }
}

/** A page and whom a hint got it for. */
interface Prefetched {
  readonly page: Page;
  readonly owner: PageOwner;
  readonly number: number;
}

/** Whether the page is still there for its hint, and was not hit since. */
function isUnused({ page, owner, number }: Prefetched): boolean {
  return page.owner === owner && page.number === number && page.score <= PREFETCH_SCORE;
}

/**
 * The bound on log bytes kept in memory, shared by the files of a store. Memory is recycled, never given back: the first
 * touch of fresh memory is slow.
 *
 * Invariants:
 * 1. Every page in `#pages` has an owner or is in `#free`, never both.
 * 2. A pinned page is never taken from its owner.
 * 3. There are at most `#pagesMax` pages, but for pinned ones that were needed beyond it.
 * 4. At most `#displacingMax` pages have displaced others for a hint and are unused: the oldest makes room for the next.
 */
export class PagePool {
  readonly #pagesMax: number;
  readonly #pages: Page[] = [];
  readonly #free: Page[] = [];
  readonly #displacingMax: number;
  /** The latest pages that displaced others for a hint, oldest first. */
  readonly #displacing: Prefetched[] = [];
  #arriving = 0;
  #hand = 0;

  constructor(bytesMax: number) {
    this.#pagesMax = Math.max(1, Math.floor(bytesMax / PAGE_BYTES));
    this.#displacingMax = Math.max(1, Math.floor(this.#pagesMax * DISPLACED_SHARE));
  }

  /** Bytes of memory held. */
  get bytes(): number {
    return this.#pages.length * PAGE_BYTES;
  }

  /** A page for appends: always granted, at the cost of the page used least of late. */
  take(owner: PageOwner, number: number): Page {
    const page = this.#unused() ?? this.#evictLeastUsed() ?? this.#grow();
    page.assign(owner, number);
    return page;
  }

  /**
   * A page for reading, granted where there is room or where `score`, the times it was missed, beats a page that is held;
   * 0 beats none. A working set larger than the pool would otherwise read a page for each record.
   */
  takeForReading(owner: PageOwner, number: number, score: number): Page | undefined {
    const page = this.#unused() ?? (score === 0 ? undefined : this.#evictBelow(score));
    page?.assign(owner, number);
    return page;
  }

  /**
   * A page to read into off the thread: pinned until it arrives, and granted to so many at a time. However many hints
   * there are, pages that are in use keep their memory but for a share.
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

  /** A page that was taken for prefetching has arrived. */
  arrived(page: Page): void {
    this.#arriving -= 1;
    page.pinned = false;
  }

  /** Takes a page back. */
  release(page: Page): void {
    page.owner = undefined;
    page.pinned = false;
    this.#free.push(page);
  }

  /** Gives up pages that were needed beyond the bound and are pinned no longer. */
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
    // Each round halves every score, so that a page that is not pinned is found within log2(SCORE_MAX) + 1 rounds.
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
