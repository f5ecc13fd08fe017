import { MemoryLevel } from 'memory-level';
import type { Peer } from '../peer.ts';
import { LevelStore } from './level-store.ts';

export function loadPeer(): Peer<Buffer> {
  return {
    name: 'memory-level',
    mode: 'no disk; batches of 1,000, getSync, nextv(1000); values are copied on the way in and out, as it keeps references',
    keyForm: 'bytes',
    inMemory: true,
    async open() {
      const db = new MemoryLevel<Buffer, Buffer>({ keyEncoding: 'buffer', valueEncoding: 'buffer' });
      await db.open();
      return new LevelStore(db, { synced: {}, keepsBytes: true });
    },
  };
}
