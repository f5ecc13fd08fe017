/**
 * The only seam between the store and files: a few synchronous verbs, small enough for a pool of pre-opened browser
 * handles. There is no rename. Operations that fail throw an `Error` whose `code` is an errno name (`'ENOSPC'`), as
 * Node's do; the engine turns them into `StoreError`.
 */
export interface StorageBackend {
  /**
   * Opens the directory of one store. With `create` it is made (parents too, private to the user) and its own entry is
   * durable after the first `sync`; without, an absent directory throws `ENOENT`. A file in its place throws `ENOTDIR`.
   */
  openDirectory(path: string, options: { readonly create: boolean }): StorageDirectory;
}

/** One directory. It holds no handle: every verb names what it works on anew. */
export interface StorageDirectory {
  /** Names of the files in it, in any order. */
  list(): string[];
  /** Opens an existing file, `undefined` when there is none. Throws `ELOOP` for a symbolic link in its place. */
  open(name: string, access: 'read' | 'write'): StorageFile | undefined;
  /** Creates an empty file for reading and writing, private to the user; throws `EEXIST` when the name is taken. */
  create(name: string): StorageFile;
  /** Removes a file; an absent one is no error. */
  remove(name: string): void;
  /** Makes creations and removals durable. A platform that has no such operation does nothing. */
  sync(): void;
  /** Takes the store's writer lock, or throws `StoreError` `LOCKED` saying who holds it and what to do. */
  lock(): StorageLock;
}

/** The writer lock of a directory, held until released or taken over by another process. */
export interface StorageLock {
  /** Whether the lock is still this owner's. Cheap: the engine asks before every write to the log. */
  isHeld(): boolean;
  /**
   * Gives the lock up; one that is no longer held is left to its new owner. Where that fails the lock is not held any more
   * either, this process can take it anew, and calling `release` again tries to finish it. Else that does nothing.
   */
  release(): void;
  /** Who held the stale lock that was taken over, for people to read; `undefined` when there was none. */
  readonly takenOverFrom: string | undefined;
}

/** One open file. Positions and lengths are bytes. */
export interface StorageFile {
  /** Reads up to `length` bytes at `position` into `target` at `targetOffset`; returns how many, 0 at the end. */
  read(target: Uint8Array, targetOffset: number, length: number, position: number): number;
  /**
   * The same off the thread, where the platform can; absent where reading never waits, as in memory. `target` belongs to
   * the read until it has ended. Every file of a backend has it or none has.
   */
  readAsync?(target: Uint8Array, targetOffset: number, length: number, position: number): Promise<number>;
  /** Writes up to `length` bytes and returns how many; it may be fewer than asked for. */
  write(source: Uint8Array, sourceOffset: number, length: number, position: number): number;
  /** Cuts the file to `size` bytes. */
  truncate(size: number): void;
  /** How long the file is. */
  size(): number;
  /** Returns when contents and size are durable. */
  sync(): void;
  /** The same off the thread, where the platform can. */
  syncAsync?(): Promise<void>;
  /** Gives the file up once operations under way have ended. Calling it again does nothing. */
  close(): void;
}
