import { closedFileError, errnoError } from './errno-error.ts';
import type { StorageFile } from './storage-backend.ts';

const CHUNK_BYTES = 65_536;

/**
 * The bytes of a file in memory, separate from its open handles.
 *
 * Invariants:
 * 1. Each chunk has `CHUNK_BYTES` bytes; a missing chunk stands for zeros. So the file grows without being copied.
 * 2. Bytes at and above `size` are zero: truncated bytes do not reappear when the file grows again.
 */
export class MemoryContent {
  readonly #chunks: (Uint8Array | undefined)[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  read(target: Uint8Array, targetOffset: number, length: number, position: number): number {
    const end = Math.min(position + Math.min(length, target.length - targetOffset), this.#size);
    for (let at = position; at < end; ) {
      const inChunk = at % CHUNK_BYTES;
      const piece = Math.min(end - at, CHUNK_BYTES - inChunk);
      const chunk = this.#chunks[Math.floor(at / CHUNK_BYTES)];
      const start = targetOffset + at - position;
      if (chunk === undefined) target.fill(0, start, start + piece);
      else target.set(chunk.subarray(inChunk, inChunk + piece), start);
      at += piece;
    }
    return Math.max(end - position, 0);
  }

  write(source: Uint8Array, sourceOffset: number, length: number, position: number): number {
    const end = position + Math.min(length, source.length - sourceOffset);
    for (let at = position; at < end; ) {
      const inChunk = at % CHUNK_BYTES;
      const piece = Math.min(end - at, CHUNK_BYTES - inChunk);
      const start = sourceOffset + at - position;
      this.#chunk(Math.floor(at / CHUNK_BYTES)).set(source.subarray(start, start + piece), inChunk);
      at += piece;
    }
    if (end > position) this.#size = Math.max(this.#size, end);
    return end - position;
  }

  truncate(size: number): void {
    if (size < this.#size) {
      this.#chunks.length = Math.min(this.#chunks.length, Math.ceil(size / CHUNK_BYTES));
      this.#chunks[Math.floor(size / CHUNK_BYTES)]?.fill(0, size % CHUNK_BYTES);
    }
    this.#size = size;
  }

  #chunk(number: number): Uint8Array {
    const present = this.#chunks[number];
    if (present !== undefined) return present;
    const made = new Uint8Array(CHUNK_BYTES);
    this.#chunks[number] = made;
    return made;
  }
}

/** One open handle on a file in memory. It stays usable after the file was removed, as on POSIX systems. */
export class MemoryFile implements StorageFile {
  readonly #content: MemoryContent;
  readonly #path: string;
  readonly #access: 'read' | 'write';
  #closed = false;

  constructor(content: MemoryContent, path: string, access: 'read' | 'write') {
    this.#content = content;
    this.#path = path;
    this.#access = access;
  }

  read(target: Uint8Array, targetOffset: number, length: number, position: number): number {
    this.#assertOpen('read');
    return this.#content.read(target, targetOffset, length, position);
  }

  write(source: Uint8Array, sourceOffset: number, length: number, position: number): number {
    this.#assertWritable('write');
    return this.#content.write(source, sourceOffset, length, position);
  }

  truncate(size: number): void {
    this.#assertWritable('ftruncate');
    this.#content.truncate(size);
  }

  size(): number {
    this.#assertOpen('fstat');
    return this.#content.size;
  }

  /** Does nothing: memory cannot be more durable. */
  sync(): void {
    this.#assertOpen('fsync');
  }

  syncAsync(): Promise<void> {
    return new Promise((resolve) => {
      this.sync();
      resolve();
    });
  }

  close(): void {
    this.#closed = true;
  }

  #assertOpen(operation: string): void {
    if (this.#closed) throw closedFileError(operation, this.#path);
  }

  #assertWritable(operation: string): void {
    this.#assertOpen(operation);
    if (this.#access === 'read') throw errnoError('EBADF', 'the file is open for reading', operation, this.#path);
  }
}
