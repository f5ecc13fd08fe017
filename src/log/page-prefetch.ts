import { readFullyAsync } from '../storage/file-transfer.ts';
import type { StorageFile } from '../storage/storage-backend.ts';
import type { PagePool } from './page-pool.ts';
import { PAGE_BYTES, type Page, type PageOwner } from './record-memory.ts';

/**
 * Reads pages of a log asynchronously, if the storage can and the pool grants them. A read before a page arrives uses the
 * file itself. Failures are ignored: the next read of the page reports its own.
 */
export class PagePrefetch {
  readonly #owner: PageOwner;
  readonly #pages: (Page | undefined)[];
  readonly #pool: PagePool;
  /** The numbers of pages that are being read. */
  readonly #arriving = new Set<number>();
  #stopped = false;

  /** `pages` are the pages of `owner` in memory, by their number: what arrives is added to them. */
  constructor(owner: PageOwner, pages: (Page | undefined)[], pool: PagePool) {
    this.#owner = owner;
    this.#pages = pages;
    this.#pool = pool;
  }

  /** Starts to read the first `bytes` bytes of a page. */
  start(file: StorageFile, number: number, bytes: number): void {
    if (file.readAsync === undefined || this.#pages[number] !== undefined || this.#arriving.has(number)) return;
    const page = this.#pool.takeForPrefetch(this.#owner, number);
    if (page === undefined) return;
    this.#arriving.add(number);
    readFullyAsync(file, page.bytes, bytes, number * PAGE_BYTES).then(
      (got) => this.#arrived(page, got, bytes),
      () => this.#arrived(page, 0, bytes),
    );
  }

  /** Pages that arrive from now on go back to the pool. */
  stop(): void {
    this.#stopped = true;
  }

  #arrived(page: Page, got: number, wanted: number): void {
    this.#arriving.delete(page.number);
    this.#pool.arrived(page);
    // A page that was read in part would look damaged. Meanwhile the log may have been closed, or the page loaded.
    if (got < wanted || this.#stopped || this.#pages[page.number] !== undefined) {
      this.#pool.release(page);
      return;
    }
    page.bytes.fill(0, got);
    this.#pages[page.number] = page;
  }
}
