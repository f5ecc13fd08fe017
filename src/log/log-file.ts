import { storageFailure } from '../base/storage-failure.ts';
import { StoreError } from '../base/store-error.ts';
import { readFully, writeSome } from '../storage/file-transfer.ts';
import type { StorageFile } from '../storage/storage-backend.ts';
import { encodeFileHeader, FILE_HEADER_BYTES, type FileHeader, FORMAT_VERSION } from './file-header.ts';
import type { PagePool } from './page-pool.ts';
import { PagePrefetch } from './page-prefetch.ts';
import { encodeRecord, markOf, type RecordContent } from './record-codec.ts';
import { RECORD_ALIGNMENT, RecordKind, type RecordSpan } from './record-format.ts';
import { PAGE_BYTES, type Page, type PageOwner, type RecordMemory, recordMemory } from './record-memory.ts';

/** The maximum size of a log, 16 GiB: a location in the index has 31 bits for units of eight bytes. */
export const LOG_BYTES_MAX: number = 2 ** 31 * RECORD_ALIGNMENT;

const NO_RECORD: RecordSpan = { offset: 0, end: 0 };

/**
 * One generation of the log, open for appending and reading.
 *
 * Invariants:
 * 1. `durable <= written <= end`, and none of them ever decreases.
 * 2. Bytes from `written` to `end` are in pinned pages; those below are in the file and may be in a page too.
 * 3. The page of `end` is pinned.
 * 4. Bytes that were written to the file are never overwritten with other bytes.
 */
export class LogFile implements PageOwner {
  readonly generation: number;
  readonly salt: number;
  readonly file: StorageFile;
  readonly name: string;
  readonly #pool: PagePool;
  /** The pages that are in memory, by their number: a byte of the log is in page offset / `PAGE_BYTES`. */
  readonly pages: readonly (Page | undefined)[];
  readonly #pages: (Page | undefined)[] = [];
  readonly #prefetch: PagePrefetch;
  readonly #assertLockHeld: () => void;
  #tail: Page;
  #end: number;
  #written: number;
  #durable: number;
  #lastDataRecord: RecordSpan;
  #scratch: RecordMemory = recordMemory(0);
  #closed = false;

  constructor(init: {
    readonly name: string;
    readonly file: StorageFile;
    readonly header: FileHeader;
    /** The offset of the next record. The file has all bytes below. */
    readonly end: number;
    /** The last record below `end` that is not a MARK. */
    readonly lastDataRecord: RecordSpan;
    readonly pool: PagePool;
    /** Called before each write to the file. If it throws, nothing is written. */
    readonly assertLockHeld: () => void;
  }) {
    this.name = init.name;
    this.pages = this.#pages;
    this.file = init.file;
    this.generation = init.header.generation;
    this.salt = init.header.salt;
    this.#pool = init.pool;
    this.#prefetch = new PagePrefetch(this, this.#pages, init.pool);
    this.#assertLockHeld = init.assertLockHeld;
    this.#end = init.end;
    this.#written = init.end;
    this.#durable = init.end;
    this.#lastDataRecord = init.lastDataRecord;
    this.#tail = this.#pinTail(this.#end);
  }

  /** The log of a new generation. Its header is written with its first records. */
  static create(
    file: StorageFile,
    name: string,
    place: { readonly generation: number; readonly salt: number },
    pool: PagePool,
    assertLockHeld: () => void,
  ): LogFile {
    const header: FileHeader = { version: FORMAT_VERSION, ...place };
    const log = new LogFile({ name, file, header, end: 0, lastDataRecord: NO_RECORD, pool, assertLockHeld });
    log.#tail.bytes.set(encodeFileHeader(header));
    log.#end = FILE_HEADER_BYTES;
    log.#lastDataRecord = { offset: 0, end: FILE_HEADER_BYTES };
    return log;
  }

  /** The offset of the next record, which is the size of the log in bytes. */
  get end(): number {
    return this.#end;
  }

  /** The bytes below this offset were written to the file. */
  get written(): number {
    return this.#written;
  }

  /** Number of bytes that wait to be written. */
  get unwritten(): number {
    return this.#end - this.#written;
  }

  /** The durable offset: a successful sync covered all bytes below. */
  get durable(): number {
    return this.#durable;
  }

  /** Whether a record other than a MARK is not durable yet. */
  get needsSync(): boolean {
    return this.#lastDataRecord.end > this.#durable;
  }

  /** The last record that is not a MARK. */
  get lastDataRecord(): RecordSpan {
    return this.#lastDataRecord;
  }

  /** Throws `TOO_LARGE` if the log has no room for `bytes` more. */
  assertFits(bytes: number): void {
    if (this.#end + bytes > LOG_BYTES_MAX) {
      throw new StoreError('TOO_LARGE', `the log would exceed ${LOG_BYTES_MAX} bytes: delete entries or compact it`);
    }
  }

  /** Appends a record in memory and returns its offset. The next `flush` writes it to the file. */
  append(content: RecordContent): number {
    const offset = this.#end;
    const inPage = offset % PAGE_BYTES;
    const { size } = content;
    if (inPage + size < PAGE_BYTES) {
      encodeRecord(this.#tail, inPage, content, this.salt, offset);
      if (!this.#tail.isOwnWork) this.#tail.setVerified(inPage);
      this.#end = offset + size;
    } else {
      const memory = this.#scratchFor(size);
      encodeRecord(memory, 0, content, this.salt, offset);
      this.#appendBytes(memory.bytes, 0, size);
    }
    if (content.kind !== RecordKind.mark) this.#lastDataRecord = { offset, end: this.#end };
    return offset;
  }

  /** Appends a record that was encoded for the offset `end`, and returns that offset. */
  appendEncoded(bytes: Uint8Array, start: number, size: number): number {
    const offset = this.#end;
    this.#appendBytes(bytes, start, size);
    this.#lastDataRecord = { offset, end: this.#end };
    return offset;
  }

  /** States that everything below `offset` is durable. */
  appendMark(offset: number): void {
    this.append(markOf(offset));
  }

  /** Writes everything appended to the file. Throws `IO`; then nothing is lost, and the next call continues. */
  flush(): void {
    if (this.#written === this.#end) return;
    this.#assertLockHeld();
    while (this.#written < this.#end) {
      const number = Math.floor(this.#written / PAGE_BYTES);
      const page = this.#pages[number] as Page;
      const until = Math.min(this.#end, (number + 1) * PAGE_BYTES);
      while (this.#written < until) {
        this.#written += this.#writeSome(page.bytes, this.#written % PAGE_BYTES, until - this.#written);
      }
      if (page !== this.#tail) page.pinned = false;
    }
    this.#pool.trim();
  }

  /** Flushes, and returns when everything appended is durable. Throws `IO`: after a failed sync it is unknown what is. */
  sync(): void {
    this.flush();
    const covered = this.#end;
    try {
      this.file.sync();
    } catch (error) {
      throw storageFailure(`sync ${this.name}`, error);
    }
    this.markDurable(covered);
  }

  /** Reports that a sync of the file, made by the caller, covered the bytes below `covered`. */
  markDurable(covered: number): void {
    if (covered > this.#durable) this.#durable = covered;
  }

  /**
   * Continues a log that another process appends to: the bytes below `end` are in the file and durable, and `lastDataRecord`
   * is the last record there that is not a MARK. Throws `IO`; then nothing has changed.
   */
  extendTo(end: number, lastDataRecord: RecordSpan): void {
    const tail = this.#tail;
    const pageEnd = (tail.number + 1) * PAGE_BYTES;
    this.readFile(tail.bytes, this.#end % PAGE_BYTES, Math.min(end, pageEnd) - this.#end, this.#end);
    if (end >= pageEnd) {
      this.#tail = this.#pinTail(end);
      tail.pinned = false;
    }
    // None of these bytes was written here.
    tail.isOwnWork = false;
    this.#tail.isOwnWork = false;
    this.#end = end;
    this.#written = end;
    this.#durable = end;
    this.#lastDataRecord = lastDataRecord;
  }

  /** Loads a page if the pool grants one; `misses` is what `PageMisses.add` returned. Throws `IO`. */
  loadPage(number: number, misses: number): Page | undefined {
    const page = this.#pool.takeForReading(this, number, misses);
    if (page === undefined) return undefined;
    try {
      const start = number * PAGE_BYTES;
      const got = this.readFile(page.bytes, 0, Math.min(PAGE_BYTES, this.#written - start), start);
      page.bytes.fill(0, got);
    } catch (error) {
      this.#pool.release(page);
      throw error;
    }
    this.#pages[number] = page;
    return page;
  }

  /** Starts to read a page asynchronously. A hint: see `PagePrefetch`. */
  prefetchPage(number: number): void {
    this.#prefetch.start(this.file, number, Math.min(PAGE_BYTES, this.#written - number * PAGE_BYTES));
  }

  /** Reads from the file, bypassing the pages. Returns the number of bytes, fewer at the end of the file. Throws `IO`. */
  readFile(target: Uint8Array, targetOffset: number, length: number, position: number): number {
    try {
      return readFully(this.file, target, targetOffset, length, position);
    } catch (error) {
      throw storageFailure(`read ${this.name}`, error);
    }
  }

  dropPage(number: number): void {
    this.#pages[number] = undefined;
  }

  /** Releases the pages and closes the file. What was not written is lost. Throws `IO`. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#prefetch.stop();
    for (const page of this.#pages) if (page !== undefined) this.#pool.release(page);
    this.#pages.length = 0;
    try {
      this.file.close();
    } catch (error) {
      throw storageFailure(`close ${this.name}`, error);
    }
  }

  /** The page of `end`, with the bytes of the file below. Throws `IO`. */
  #pinTail(end: number): Page {
    const number = Math.floor(end / PAGE_BYTES);
    const held = end % PAGE_BYTES;
    const page = this.#pool.take(this, number);
    page.pinned = true;
    page.isOwnWork = held === 0;
    try {
      if (held > 0) this.readFile(page.bytes, 0, held, end - held);
    } catch (error) {
      this.#pool.release(page);
      throw error;
    }
    this.#pages[number] = page;
    return page;
  }

  #appendBytes(bytes: Uint8Array, start: number, size: number): void {
    let copied = 0;
    while (copied < size) {
      const inPage = this.#end % PAGE_BYTES;
      const piece = Math.min(size - copied, PAGE_BYTES - inPage);
      this.#tail.bytes.set(bytes.subarray(start + copied, start + copied + piece), inPage);
      copied += piece;
      this.#end += piece;
      if (this.#end % PAGE_BYTES === 0) this.#tail = this.#pinTail(this.#end);
    }
  }

  #scratchFor(size: number): RecordMemory {
    if (size > PAGE_BYTES) return recordMemory(size);
    if (this.#scratch.bytes.length === 0) this.#scratch = recordMemory(PAGE_BYTES);
    return this.#scratch;
  }

  #writeSome(bytes: Uint8Array, start: number, length: number): number {
    try {
      return writeSome(this.file, bytes, start, length, this.#written);
    } catch (error) {
      throw storageFailure(`write ${this.name}`, error);
    }
  }
}
