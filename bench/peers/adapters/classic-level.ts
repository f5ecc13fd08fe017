import { ClassicLevel } from 'classic-level';
import type { Peer } from '../peer.ts';
import { DurableLevelStore } from './level-store.ts';

const cacheBytes = 256 * 2 ** 20;

export function loadPeer(): Peer<Buffer> {
  return {
    name: 'classic-level',
    mode: 'batches of 1,000, the last one synced; getSync; nextv(1000); 256 MB cache; put with sync for durable puts',
    keyForm: 'bytes',
    async open(directory) {
      const db = new ClassicLevel<Buffer, Buffer>(directory, {
        keyEncoding: 'buffer',
        valueEncoding: 'buffer',
        cacheSize: cacheBytes,
      });
      await db.open();
      return new DurableLevelStore(db, () => db.compactRange(Buffer.alloc(0), Buffer.alloc(64, 0xff)));
    },
  };
}
