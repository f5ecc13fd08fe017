import type { StorageBackend } from '../../src/storage/storage-backend.ts';
import type { Engine } from '../engines/engine-source.ts';
import { contentsOf, summaryOf } from './contents.ts';

/** The contents that a reader finds in a store, during writes. Throws if the reader reports damage. */
export function summaryForReader(engine: Engine, storage: StorageBackend, directory: string): string {
  const complaints: string[] = [];
  const store = engine.LogStore.open(
    directory,
    {
      readOnly: true,
      pageCacheBytes: engine.pageCacheBytes,
      onEvent: ({ type }) => {
        if (type === 'entry-damaged') complaints.push(type);
      },
    },
    { storage, random: () => 1 },
  );
  try {
    const { damaged } = store.stats().recovery;
    const summary = summaryOf(contentsOf(store));
    if (damaged.length + complaints.length > 0) throw new Error('a reader reported damage');
    return summary;
  } finally {
    store.close();
  }
}
