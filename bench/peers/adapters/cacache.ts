import cacache from 'cacache';
import { ownedEntry } from '../owned-entry.ts';
import type { Body, MixedOperations, Peer, PeerStore, Puts, Run, Visit } from '../peer.ts';
import { timeEachPromised } from '../timing.ts';

export function loadPeer(): Peer<string> {
  return {
    name: 'cacache',
    mode: 'put, get, ls and rm.entry by key, 16 at a time where the work allows; it has no sync, so nothing is durable',
    keyForm: 'string',
    entriesMax: 2000,
    open: (directory) => new CacacheStore(directory),
  };
}

/** As many as its main user (npm) runs at once. */
const atOnce = 16;

class CacacheStore implements PeerStore<string> {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async putAll(puts: Puts<string>): Promise<void> {
    for (let from = 0; from < puts.keys.length; from += atOnce) {
      const keys = puts.keys.slice(from, from + atOnce);
      await Promise.all(keys.map((_, i) => this.#put(puts, from + i)));
    }
  }

  async putSingly(puts: Puts<string>, durationsMs: Float64Array): Promise<void> {
    await timeEachPromised(durationsMs, (i) => this.#put(puts, i));
  }

  async getEach(keys: readonly string[], visit: Visit): Promise<void> {
    for (let from = 0; from < keys.length; from += atOnce) {
      const some = keys.slice(from, from + atOnce);
      await Promise.all(some.map((_, i) => this.#get(keys, from + i, visit)));
    }
  }

  async scan(visit: Visit): Promise<void> {
    await this.getEach(Object.keys(await cacache.ls(this.#directory)).toSorted(), visit);
  }

  async deleteRuns(runs: readonly Run<string>[]): Promise<number> {
    let deleted = 0;
    for (const { start, end } of runs) {
      const keys = Object.keys(await cacache.ls(this.#directory)).filter((key) => key >= start && key < end);
      for (const key of keys) await cacache.rm.entry(this.#directory, key);
      deleted += keys.length;
    }
    return deleted;
  }

  async mixed(operations: MixedOperations<string>, visit: Visit): Promise<void> {
    const { keys, isPut } = operations;
    for (let i = 0; i < keys.length; i += 1) {
      if (isPut[i] === 1) await this.#put(operations, i);
      else await this.#get(keys, i, visit);
    }
  }

  async compact(): Promise<void> {
    await cacache.verify(this.#directory);
  }

  close(): void {}

  async #put({ keys, bodies }: Puts<string>, i: number): Promise<void> {
    await cacache.put(this.#directory, keys[i] as string, (bodies[i] as Body).bytes);
  }

  async #get(keys: readonly string[], i: number, visit: Visit): Promise<void> {
    const found = await cacache.get(this.#directory, keys[i] as string).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    visit(i, found === undefined ? undefined : ownedEntry(found.data));
  }
}
