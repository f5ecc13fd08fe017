import type { DiskChange } from './disk-change.ts';
import type { DiskImage } from './disk-image.ts';

export type EntryChange = Extract<DiskChange, { kind: 'create' | 'remove' }>;
export type ContentChange = Extract<DiskChange, { kind: 'write' | 'truncate' }>;

/** A change of a file's content that is not durable, or that follows one that is not. */
export interface PendingContent {
  /** The index of the change in the journal. */
  readonly number: number;
  readonly change: ContentChange;
  /**
   * `dirty`: the next sync makes it durable. `clean`: the system treats it as durable after a failed sync, but a crash
   * may lose it. `durable`: it survives every crash, on top of the clean changes before it that survive.
   */
  readonly status: 'dirty' | 'clean' | 'durable';
}

export interface PendingEntry {
  readonly number: number;
  readonly change: EntryChange;
}

/** The state of a file: durable bytes, and the pending changes on top of them, in order. */
export interface FileState {
  durable: Uint8Array;
  pending: PendingContent[];
}

/** The state of a directory: durable entries, and the pending changes on top of them, in order. */
export interface DirectoryState {
  readonly durable: Map<string, number>;
  pending: PendingEntry[];
}

/**
 * The state of a disk at one point of its journal: what every crash keeps, and what a crash may keep or lose.
 *
 * Invariants:
 * 1. Pending changes are in the order of the journal.
 * 2. The first pending change of a file is not durable: durable changes at the front are part of the durable bytes.
 */
export class DiskState {
  readonly files: Map<number, FileState> = new Map();
  readonly directories: Map<string, DirectoryState> = new Map();
  /** Contents of files before they were truncated or removed, the latest last: free space may still hold them. */
  readonly freed: { readonly file: number; readonly bytes: Uint8Array }[] = [];
  /** How many changes were applied. */
  changes = 0;

  constructor(start: DiskImage) {
    let file = 0;
    for (const [path, entries] of start) {
      const durable = new Map<string, number>();
      for (const [name, bytes] of entries) {
        file += 1;
        durable.set(name, file);
        this.files.set(file, { durable: bytes, pending: [] });
      }
      this.directories.set(path, { durable, pending: [] });
    }
  }

  apply(change: DiskChange): void {
    const number = this.changes;
    this.changes += 1;
    switch (change.kind) {
      case 'make-directory':
        this.directories.set(change.directory, { durable: new Map(), pending: [] });
        return;
      case 'create':
        this.files.set(change.file, { durable: new Uint8Array(0), pending: [] });
        this.#directory(change.directory).pending.push({ number, change });
        return;
      case 'remove':
        this.#free(this.#fileNamed(change.directory, change.name));
        this.#directory(change.directory).pending.push({ number, change });
        return;
      case 'sync-directory':
        this.#syncDirectory(this.#directory(change.directory));
        return;
      case 'truncate':
        this.#free(change.file);
        this.#file(change.file).pending.push({ number, change, status: 'dirty' });
        return;
      case 'write':
        this.#file(change.file).pending.push({ number, change, status: 'dirty' });
        return;
      case 'sync':
        settle(this.#file(change.file), change.covers, 'durable');
        return;
      case 'lost-sync':
        if (change.loss === 'marked-clean') settle(this.#file(change.file), change.covers, 'clean');
        else dropDirty(this.#file(change.file), change.covers);
        return;
    }
  }

  /** The content of the file as readers see it. */
  visible(file: number): Uint8Array {
    const { durable, pending } = this.#file(file);
    return applied(durable, pending);
  }

  /** The files that a name may lead to after a crash. */
  reachable(): ReadonlySet<number> {
    const files = new Set<number>();
    for (const { durable, pending } of this.directories.values()) {
      for (const file of durable.values()) files.add(file);
      for (const { change } of pending) if (change.kind === 'create') files.add(change.file);
    }
    return files;
  }

  #file(file: number): FileState {
    const state = this.files.get(file);
    if (state === undefined) throw new Error(`the journal has no file ${file}`);
    return state;
  }

  #directory(path: string): DirectoryState {
    const state = this.directories.get(path);
    if (state === undefined) throw new Error(`the journal has no directory ${path}`);
    return state;
  }

  #fileNamed(path: string, name: string): number | undefined {
    const { durable, pending } = this.#directory(path);
    const last = pending.findLast(({ change }) => change.name === name);
    if (last === undefined) return durable.get(name);
    return last.change.kind === 'create' ? last.change.file : undefined;
  }

  #syncDirectory(directory: DirectoryState): void {
    for (const { change } of directory.pending) {
      if (change.kind === 'create') directory.durable.set(change.name, change.file);
      else directory.durable.delete(change.name);
    }
    directory.pending = [];
  }

  #free(file: number | undefined): void {
    if (file === undefined) return;
    const bytes = this.visible(file);
    if (bytes.length > 0) this.freed.push({ file, bytes });
  }
}

function settle(file: FileState, covers: number, status: 'clean' | 'durable'): void {
  file.pending = file.pending.map((pending) =>
    pending.status === 'dirty' && pending.number < covers ? { ...pending, status } : pending,
  );
  const firstOpen = file.pending.findIndex((pending) => pending.status !== 'durable');
  const settled = file.pending.splice(0, firstOpen < 0 ? file.pending.length : firstOpen);
  file.durable = applied(file.durable, settled);
}

function dropDirty(file: FileState, covers: number): void {
  file.pending = file.pending.filter(({ status, number }) => status !== 'dirty' || number >= covers);
}

/** The bytes after the changes; `bytes` is not modified. They are copied once, however many changes there are. */
function applied(bytes: Uint8Array, pending: readonly PendingContent[]): Uint8Array {
  const ends = pending.map(({ change }) =>
    change.kind === 'truncate' ? change.size : change.position + change.bytes.length,
  );
  const isOnlyCut = pending.every(({ change }, i) => {
    return change.kind === 'truncate' && change.size <= (ends[i - 1] ?? bytes.length);
  });
  if (isOnlyCut) return bytes.subarray(0, ends.at(-1));
  const after = new Uint8Array(Math.max(bytes.length, ...ends));
  after.set(bytes);
  let size = bytes.length;
  for (const [i, { change }] of pending.entries()) {
    const end = ends[i] as number;
    if (change.kind === 'write') after.set(change.bytes, change.position);
    else after.fill(0, end);
    size = change.kind === 'write' ? Math.max(size, end) : end;
  }
  return after.subarray(0, size);
}
