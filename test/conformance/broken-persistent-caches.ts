import { PersistentMapCache } from './persistent-map-cache.ts';

/** A cache that outlives its process with one fault, and the cases that must find it, all of them. */
export interface BrokenPersistentCache {
  readonly fault: string;
  readonly open: () => PersistentMapCache;
  readonly reopen: (cache: PersistentMapCache) => PersistentMapCache;
  readonly foundBy: readonly string[];
}

const open = (): PersistentMapCache => new PersistentMapCache();
const empty = 'reopening an empty cache gives an empty cache';
const found = 'what sync covered is there after reopening';
const newest = 'a put that replaced another is the one after reopening';
const removed = 'what deletePrefix removed before a sync stays removed after reopening';
const goesOn = 'a cache that was opened again takes puts and deletions';

/** Its disk is changed before it is opened again. */
function reopenedWith(change: (disk: PersistentMapCache['disk']) => PersistentMapCache['disk']) {
  return ({ disk }: PersistentMapCache): PersistentMapCache => new PersistentMapCache(change(disk));
}

export const brokenPersistentCaches: readonly BrokenPersistentCache[] = [
  {
    fault: 'forgets all that it kept',
    open,
    reopen: reopenedWith(() => []),
    foundBy: [found, newest, removed, goesOn],
  },
  {
    fault: 'forgets the last thing that a sync covered',
    open,
    reopen: reopenedWith((disk) => disk.slice(0, -1)),
    foundBy: [found, newest, removed, goesOn],
  },
  {
    fault: 'comes back with something nobody put',
    open,
    reopen: reopenedWith((disk) => [
      ...disk,
      (cache) => cache.put(new TextEncoder().encode('order:507'), Uint8Array.of(7), { watermark: 1n, cachedAtUs: 1n }),
    ]),
    foundBy: [newest, removed, goesOn, empty],
  },
];
