import type { Peer } from './peer.ts';
import type { PeerName } from './peer-names.ts';

/** How each peer is loaded: alone in its own process, so that none pays for another. Ours comes first. */
const loaders: Readonly<Record<PeerName, () => Promise<{ loadPeer(): Peer<never> | Promise<Peer<never>> }>>> = {
  'projection-cache': () => import('./adapters/projection-cache.ts'),
  lmdb: () => import('./adapters/lmdb.ts'),
  'better-sqlite3': () => import('./adapters/better-sqlite3.ts'),
  'node:sqlite': () => import('./adapters/node-sqlite.ts'),
  'classic-level': () => import('./adapters/classic-level.ts'),
  'memory-level': () => import('./adapters/memory-level.ts'),
  '@seald-io/nedb': () => import('./adapters/nedb.ts'),
  cacache: () => import('./adapters/cacache.ts'),
};

export async function loadPeer(name: string): Promise<Peer> {
  const loader = loaders[name as PeerName] as (typeof loaders)[PeerName] | undefined;
  if (loader === undefined) throw new Error(`there is no peer ${name}`);
  const { loadPeer } = await loader();
  // The form of its keys is known only at run time; the data set is created in that form.
  return (await loadPeer()) as unknown as Peer;
}
