/**
 * The only seam between the store and files: a few synchronous operations, simple enough for a pool of pre-opened
 * browser handles. There is no rename. A failing operation throws an `Error` whose `code` is an errno name
 * (`'ENOSPC'`), as Node's do; the engine wraps it in a `StoreError`.
 */
export interface StorageBackend {
  /**
   * Opens the directory of one store. With `create`, an absent directory is created with its parents, private to the
   * user, and its own entry is durable after the first `sync`. Without `create`, an absent directory throws `ENOENT`. A
   * file in its place throws `ENOTDIR`.
   */
  openDirectory(path: string, options: { readonly create: boolean }): StorageDirectory;
}

/** One directory of a storage backend. It holds no open handle: every call resolves its file name again. */
export interface StorageDirectory {
  /** The names of the files in the directory, in any order. */
  list(): string[];
  /** Whether nothing is in the directory, other directories included. Default: whether `list` returns no name. */
  isEmpty?(): boolean;
  /** Opens an existing file; `undefined` if it does not exist. Throws `ELOOP` for a symbolic link in its place. */
  open(name: string, access: 'read' | 'write'): StorageFile | undefined;
  /** Creates an empty file for reading and writing, private to the user. Throws `EEXIST` if the name exists. */
  create(name: string): StorageFile;
  /** Removes a file. Does nothing if it does not exist. */
  remove(name: string): void;
  /** Makes creations and removals durable. Does nothing on platforms without this operation. */
  sync(): void;
  /**
   * Takes the store's writer lock. Throws `StoreError` `LOCKED`, whose message says who holds it and what to do. With
   * `leaseMs` the lock counts only while its owner renews it; a backend whose locks end with their owners ignores that. To
   * wait for a lock, the same directory is asked again and again.
   */
  lock(terms?: LockTerms): StorageLock;
}

/** How the writer lock is taken. */
export interface LockTerms {
  /** The lease in milliseconds; default: a lock that never expires. */
  readonly leaseMs?: number;
  /**
   * Called when the lease was renewed although more than half of it had passed, with the age of the last renewal in
   * milliseconds. It must not throw.
   */
  readonly onRenewedLate?: (ageMs: number) => void;
}

/** The writer lock of a directory, held until released or taken over by another process. */
export interface StorageLock {
  /** Whether this owner still holds the lock. It must be cheap: the engine calls it before every write to the log. */
  isHeld(): boolean;
  /**
   * Releases the lock; does nothing to a lock that another process has taken over. After an error the lock counts as
   * released: this process can take it again, and another call of `release` retries the cleanup. Further calls do
   * nothing.
   */
  release(): void;
  /** The owner of the stale lock that was taken over, as text for people; `undefined` if there was none. */
  readonly takenOverFrom: string | undefined;
  /**
   * Whether that owner may still live, as only its lease has ended: then a write that it had begun may still reach the files
   * that it had open. Default: `false`.
   */
  readonly previousOwnerMayLive?: boolean;
}

/** One open file of a storage backend. Positions and lengths are in bytes. */
export interface StorageFile {
  /**
   * Reads up to `length` bytes at `position` into `target` at `targetOffset`. Returns how many; 0 at the end of the
   * file.
   */
  read(target: Uint8Array, targetOffset: number, length: number, position: number): number;
  /**
   * Like `read`, but off the thread. Absent where reading never waits, as in memory. The caller must not use `target`
   * until the promise settles. Either every file of a backend has this method or none has.
   */
  readAsync?(target: Uint8Array, targetOffset: number, length: number, position: number): Promise<number>;
  /** Writes up to `length` bytes at `position` and returns how many; a short write is allowed. */
  write(source: Uint8Array, sourceOffset: number, length: number, position: number): number;
  /** Truncates the file to `size` bytes; where it was shorter, zeros are appended. */
  truncate(size: number): void;
  /** The length of the file, in bytes. */
  size(): number;
  /** Makes contents and size durable before it returns. */
  sync(): void;
  /** Like `sync`, but off the thread; absent where the platform has no such operation. */
  syncAsync?(): Promise<void>;
  /** Closes the file after the running operations have ended. Further calls do nothing. */
  close(): void;
}
