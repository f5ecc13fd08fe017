import type { StorageBackend } from '../../src/storage/storage-backend.ts';
import { LogStore } from '../../src/store/log-store.ts';
import type { StoreEvent } from '../../src/store/store-event.ts';
import type { FaultStorage } from '../../src/testing/index.ts';
import { eventsInto } from './event-collector.ts';
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
  const settings = { pageCacheBytes: 8 * 64 * 1024, onEvent: eventsInto(events), ...options };
  const store = LogStore.open(COPY, settings, { storage, random: () => 7, defer: () => {} });
  return { contents: contentsOf(store), store, events };
}

/** The names of the files of a directory, sorted; none if it does not exist. */
export function namesIn(storage: FaultStorage, directory: string = COPY): string[] {
  return [...(storage.image().get(directory)?.keys() ?? [])].sort();
}

/** Puts `count` entries of `bodyBytes` each, whose bodies tell the round they are of. */
export function fill(store: LogStore, count: number, bodyBytes: number, round = 0): void {
  for (let i = 0; i < count; i += 1) {
    store.writer.put(bytes(`key ${i}`), new Uint8Array(bodyBytes).fill((i + round) % 256));
  }
}
