import type { LogCache } from '../../../src/index.ts';
import type { MixedOperations, Peer, PeerStore, Puts, Run, Visit } from '../peer.ts';
import { timeEach } from '../timing.ts';

type Library = typeof import('../../../src/index.ts');

/** Our store, as built for publishing. */
export async function loadPeer(): Promise<Peer<Buffer>> {
  const built = new URL('../dist/index.js', import.meta.url).href;
  const library = (await import(built)) as Library;
  return {
    name: 'projection-cache',
    mode: 'LogCache with default options; puts one by one; sync() where the work ends, each durable put with a sync()',
    keyForm: 'bytes',
    open: (directory) => new LogCacheStore(library.LogCache.open(directory)),
  };
}

class LogCacheStore implements PeerStore<Buffer> {
  readonly #cache: LogCache;

  constructor(cache: LogCache) {
    this.#cache = cache;
  }

  putAll({ keys, bodies }: Puts<Buffer>): void {
    for (let i = 0; i < keys.length; i += 1) {
      const { value, meta } = bodies[i] as (typeof bodies)[number];
      this.#cache.put(keys[i] as Buffer, value, meta);
    }
    this.#cache.sync();
  }

  putDurably({ keys, bodies }: Puts<Buffer>): void {
    for (let i = 0; i < keys.length; i += 1) {
      const { value, meta } = bodies[i] as (typeof bodies)[number];
      this.#cache.put(keys[i] as Buffer, value, meta);
      this.#cache.sync();
    }
  }

  putSingly({ keys, bodies }: Puts<Buffer>, durationsMs: Float64Array): void {
    timeEach(durationsMs, (i) => {
      const { value, meta } = bodies[i] as (typeof bodies)[number];
      this.#cache.put(keys[i] as Buffer, value, meta);
    });
    this.#cache.sync();
  }

  getEach(keys: readonly Buffer[], visit: Visit): void {
    for (let i = 0; i < keys.length; i += 1) visit(i, this.#cache.get(keys[i] as Buffer));
  }

  scan(visit: Visit): void {
    let i = 0;
    for (const [, entry] of this.#cache.entries()) {
      visit(i, entry);
      i += 1;
    }
  }

  deleteRuns(runs: readonly Run<Buffer>[]): number {
    let deleted = 0;
    for (const { start } of runs) deleted += this.#cache.deletePrefix(start);
    this.#cache.sync();
    return deleted;
  }

  mixed({ keys, bodies, isPut }: MixedOperations<Buffer>, visit: Visit): void {
    for (let i = 0; i < keys.length; i += 1) {
      if (isPut[i] === 1) {
        const { value, meta } = bodies[i] as (typeof bodies)[number];
        this.#cache.put(keys[i] as Buffer, value, meta);
      } else visit(i, this.#cache.get(keys[i] as Buffer));
    }
    this.#cache.sync();
  }

  compact(): void {
    this.#cache.compact();
  }

  close(): void {
    this.#cache.close();
  }
}
