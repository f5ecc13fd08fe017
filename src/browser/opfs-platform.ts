import { StoreError } from '../base/store-error.ts';

/*
 * The parts of the browser that `OpfsStorage` uses, as structural types: the package compiles without the types of the DOM,
 * and tests replace the browser.
 */

/** `FileSystemSyncAccessHandle`: the only synchronous access to files that a browser has. */
export interface SyncAccessHandle {
  read(target: Uint8Array, options: { readonly at: number }): number;
  write(source: Uint8Array, options: { readonly at: number }): number;
  truncate(size: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
}

/** `FileSystemFileHandle`. Its one method exists in dedicated workers only. */
export interface OpfsFileHandle {
  createSyncAccessHandle?(): Promise<SyncAccessHandle>;
}

/** `FileSystemDirectoryHandle`. */
export interface OpfsDirectoryHandle {
  getDirectoryHandle(name: string, options: { readonly create: boolean }): Promise<OpfsDirectoryHandle>;
  getFileHandle(name: string, options: { readonly create: boolean }): Promise<OpfsFileHandle>;
  removeEntry(name: string, options: { readonly recursive: boolean }): Promise<void>;
  keys(): AsyncIterable<string>;
}

/** `LockManager`, the `navigator.locks` of a browser. */
export interface WebLocks {
  /** Calls `callback` with the lock. The promise settles when the lock is released, and rejects if it was stolen. */
  request(
    name: string,
    options: { readonly ifAvailable?: boolean; readonly signal?: AbortSignal },
    callback: (lock: object | null) => Promise<void> | undefined,
  ): Promise<unknown>;
}

/** What a browser provides. */
export interface OpfsPlatform {
  /** The root of the origin-private file system. */
  readonly root: () => Promise<OpfsDirectoryHandle>;
  readonly locks: WebLocks;
  readonly pause: (milliseconds: number) => Promise<void>;
  /** Runs a task in a later turn of the event loop. */
  readonly defer: (task: () => void) => void;
}

interface BrowserGlobals {
  readonly navigator?: {
    readonly locks?: WebLocks;
    readonly storage?: { readonly getDirectory?: () => Promise<OpfsDirectoryHandle> };
  };
}

/** The locks of this browser. Throws `StoreError` `IO` where there are none. */
export function pageLocks(): WebLocks {
  const { locks } = (globalThis as BrowserGlobals).navigator ?? {};
  if (locks !== undefined) return locks;
  throw new StoreError(
    'IO',
    'this runtime has no navigator.locks: it exists on pages served over https or from localhost',
  );
}

/** The platform of this browser. Throws `StoreError` `IO` where a part is missing. */
export function browserPlatform(): OpfsPlatform {
  const { navigator } = globalThis as BrowserGlobals;
  const { locks, storage } = navigator ?? {};
  if (locks === undefined || storage?.getDirectory === undefined) {
    throw new StoreError(
      'IO',
      'this runtime has no origin-private file system: it exists in browsers, on pages served over https or from localhost',
    );
  }
  return {
    root: () => (storage as Required<typeof storage>).getDirectory(),
    locks,
    pause: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    defer: (task) => void setTimeout(task, 0),
  };
}
