import { BrowserLevel } from 'browser-level';
import { entries as allEntries, createStore, delMany, get, keys, set, setMany, type UseStore } from 'idb-keyval';
import { ABOVE, type Entry, type Peer } from './peer.ts';

const NAME = 'bench';
const STORE = 'states';
const BATCH = 1000;

function settled<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function committed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}

function removed(name: string): Promise<unknown> {
  return settled(indexedDB.deleteDatabase(name));
}

/** IndexedDB without a library. */
export class IndexedDbPeer implements Peer {
  #database: IDBDatabase | undefined;

  async open(): Promise<void> {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    this.#database = await settled(request);
  }

  async load(entries: readonly Entry[]): Promise<void> {
    const transaction = this.#transaction('readwrite', 'strict');
    const store = transaction.objectStore(STORE);
    for (const [key, value] of entries) store.put(value, key);
    await committed(transaction);
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return settled<Uint8Array | undefined>(this.#transaction('readonly').objectStore(STORE).get(key));
  }

  put(key: string, value: Uint8Array): Promise<void> {
    return this.#put(key, value, 'relaxed');
  }

  putDurable(key: string, value: Uint8Array): Promise<void> {
    return this.#put(key, value, 'strict');
  }

  async scan(): Promise<number> {
    const values = await settled(this.#transaction('readonly').objectStore(STORE).getAll());
    return values.length;
  }

  async deletePrefix(prefix: string): Promise<void> {
    const transaction = this.#transaction('readwrite', 'relaxed');
    transaction.objectStore(STORE).delete(IDBKeyRange.bound(prefix, prefix + ABOVE));
    await committed(transaction);
  }

  close(): Promise<void> {
    return Promise.resolve(this.#database?.close());
  }

  async remove(): Promise<void> {
    await removed(NAME);
  }

  async #put(key: string, value: Uint8Array, durability: IDBTransactionDurability): Promise<void> {
    const transaction = this.#transaction('readwrite', durability);
    transaction.objectStore(STORE).put(value, key);
    await committed(transaction);
  }

  #transaction(mode: IDBTransactionMode, durability: IDBTransactionDurability = 'default'): IDBTransaction {
    return (this.#database as IDBDatabase).transaction(STORE, mode, { durability });
  }
}

/** It has no prefixes, and no durability to ask for. */
export class IdbKeyvalPeer implements Peer {
  #store: UseStore | undefined;
  #database: IDBDatabase | undefined;

  async open(): Promise<void> {
    this.#store = createStore(`${NAME}-keyval`, STORE);
    this.#database = await this.#store('readonly', (store) => store.transaction.db);
  }

  async load(entries: readonly Entry[]): Promise<void> {
    await setMany(entries as [string, Uint8Array][], this.#store);
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return get<Uint8Array>(key, this.#store);
  }

  put(key: string, value: Uint8Array): Promise<void> {
    return set(key, value, this.#store);
  }

  async scan(): Promise<number> {
    return (await allEntries(this.#store)).length;
  }

  async deletePrefix(prefix: string): Promise<void> {
    const found = await keys<string>(this.#store);
    await delMany(
      found.filter((key) => key.startsWith(prefix)),
      this.#store,
    );
  }

  close(): Promise<void> {
    return Promise.resolve(this.#database?.close());
  }

  async remove(): Promise<void> {
    await removed(`${NAME}-keyval`);
  }
}

export class BrowserLevelPeer implements Peer {
  readonly #level: BrowserLevel<string, Uint8Array> = new BrowserLevel(`${NAME}-level`, { valueEncoding: 'view' });

  open(): Promise<void> {
    return this.#level.open();
  }

  async load(entries: readonly Entry[]): Promise<void> {
    for (let at = 0; at < entries.length; at += BATCH) {
      await this.#level.batch(
        entries.slice(at, at + BATCH).map(([key, value]) => ({ type: 'put' as const, key, value })),
      );
    }
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return this.#level.get(key);
  }

  put(key: string, value: Uint8Array): Promise<void> {
    return this.#level.put(key, value);
  }

  async scan(): Promise<number> {
    return (await this.#level.values().all()).length;
  }

  deletePrefix(prefix: string): Promise<void> {
    return this.#level.clear({ gte: prefix, lt: prefix + ABOVE });
  }

  close(): Promise<void> {
    return this.#level.close();
  }

  async remove(): Promise<void> {
    await removed(`level-js-${NAME}-level`);
  }
}
