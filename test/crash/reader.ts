import type { StorageBackend } from '../../src/storage/storage-backend.ts';
import type { Engine } from '../engines/engine-source.ts';
import { contentsOf, summaryOf } from './contents.ts';

/** What a reader finds in a store, whoever writes to it. Throws where it takes what it finds for damage. */
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
    if (damaged.length + complaints.length > 0) throw new Error('a reader takes what it finds for damage');
    return summary;
  } finally {
    store.close();
  }
}
