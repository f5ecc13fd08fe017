import type { StorageBackend } from '../../src/storage/storage-backend.ts';
import { LogStore } from '../../src/store/log-store.ts';
import type { StoreEvent } from '../../src/store/store-event.ts';
import { type DiskImage, FaultStorage } from '../../src/testing/index.ts';
import { bytes, type Contents, contentsOf } from './store-history.ts';

/** The directory that backups of these tests are made in. */
export const COPY = 'copy';
export const MARKER = 'UNFINISHED-BACKUP';

/** What a directory opens as. */
export interface Restored {
  readonly contents: Contents;
  readonly store: LogStore;
  readonly events: readonly StoreEvent[];
}

/** Opens the copy and reads all of it. */
export function restored(storage: StorageBackend, options: { readonly readOnly?: boolean } = {}): Restored {
  const events: StoreEvent[] = [];
  const settings = { pageCacheBytes: 8 * 64 * 1024, onEvent: (event: StoreEvent) => events.push(event), ...options };
  const store = LogStore.open(COPY, settings, { storage, random: () => 7, defer: () => {} });
  return { contents: contentsOf(store), store, events };
}

/** The names of the files of a directory, sorted; none if it does not exist. */
export function namesIn(storage: FaultStorage, directory: string = COPY): string[] {
  return [...(storage.image().get(directory)?.keys() ?? [])].sort();
}

/** What the copy on this disk opens as, `undefined` if it is refused or there is none. */
export function copyOn(image: DiskImage): Contents | undefined {
  const files = image.get(COPY);
  if (files === undefined || files.size === 0) return undefined;
  const storage = new FaultStorage({ image });
  try {
    const { contents, store } = restored(storage);
    if (!store.stats().recovery.clean) throw new Error('the copy was not closed properly');
    return contents;
  } catch (error) {
    if ((error as { code?: string }).code === 'INCOMPATIBLE') return undefined;
    throw error;
  }
}

/** Puts `count` entries of `bodyBytes` each, whose bodies tell the round they are of. */
export function fill(store: LogStore, count: number, bodyBytes: number, round = 0): void {
  for (let i = 0; i < count; i += 1) {
    store.writer.put(bytes(`key ${i}`), new Uint8Array(bodyBytes).fill((i + round) % 256));
  }
}
