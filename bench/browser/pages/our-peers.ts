import { OpfsStorage, WorkerCache } from '../../../src/browser/index.ts';
import { LogCache } from '../../../src/index.ts';
import { type Entry, type Peer, utf8 } from './peer.ts';

const NAME = 'bench';
const meta = { watermark: 1n, cachedAtUs: 0n };

/** The cache itself, in a worker. */
export class LogCachePeer implements Peer {
  #storage: OpfsStorage | undefined;
  #cache: LogCache | undefined;

  async open(): Promise<void> {
    this.#storage = await OpfsStorage.open(NAME);
    this.#cache = LogCache.open(NAME, { storage: this.#storage });
  }

  load(entries: readonly Entry[]): Promise<void> {
    for (const [key, value] of entries) this.#open.put(key, value, meta);
    this.#open.sync();
    return Promise.resolve();
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.#open.get(key)?.value);
  }

  put(key: string, value: Uint8Array): Promise<void> {
    return Promise.resolve(this.#open.put(key, value, meta));
  }

  putDurable(key: string, value: Uint8Array): Promise<void> {
    this.#open.put(key, value, meta);
    return Promise.resolve(this.#open.sync());
  }

  scan(): Promise<number> {
    let count = 0;
    for (const _ of this.#open.entries()) count += 1;
    return Promise.resolve(count);
  }

  deletePrefix(prefix: string): Promise<void> {
    this.#open.deletePrefix(prefix);
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#open.close();
    this.#storage?.close();
    return Promise.resolve();
  }

  remove(): Promise<void> {
    return OpfsStorage.remove(NAME);
  }

  get #open(): LogCache {
    return this.#cache as LogCache;
  }
}

const PIPELINED = 1000;

/** The cache of a worker, from the page. */
export class WorkerCachePeer implements Peer {
  #worker: Worker | undefined;
  #cache: WorkerCache | undefined;

  async open(): Promise<void> {
    this.#worker = new Worker('/cache-worker.js', { type: 'module', name: NAME });
    this.#cache = new WorkerCache(this.#worker);
    await this.#cache.get(utf8('none'));
  }

  async load(entries: readonly Entry[]): Promise<void> {
    for (let at = 0; at < entries.length; at += PIPELINED) {
      const part = entries.slice(at, at + PIPELINED);
      await Promise.all(part.map(([key, value]) => this.#open.put(utf8(key), value, meta)));
    }
    await this.#open.sync();
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    return (await this.#open.get(utf8(key)))?.value;
  }

  put(key: string, value: Uint8Array): Promise<void> {
    return this.#open.put(utf8(key), value, meta);
  }

  async putDurable(key: string, value: Uint8Array): Promise<void> {
    await Promise.all([this.put(key, value), this.#open.sync()]);
  }

  async deletePrefix(prefix: string): Promise<void> {
    await this.#open.deletePrefix(utf8(prefix));
  }

  async close(): Promise<void> {
    await this.#open.close();
    this.#worker?.terminate();
  }

  remove(): Promise<void> {
    return OpfsStorage.remove(NAME);
  }

  get #open(): WorkerCache {
    return this.#cache as WorkerCache;
  }
}
