import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import nedb from '@seald-io/nedb';
import type { CacheEntry } from '../../../src/index.ts';
import { ownedEntry } from '../owned-entry.ts';
import type { Body, MixedOperations, Peer, PeerStore, Puts, Run, Visit } from '../peer.ts';
import { timeEachPromised } from '../timing.ts';

// Its types describe an ES module, but CommonJS is published: the import is the class.
const Datastore: typeof nedb.default = nedb as unknown as typeof nedb.default;

interface Document {
  readonly _id: string;
  readonly body: string;
}

export function loadPeer(): Peer<string> {
  return {
    name: '@seald-io/nedb',
    mode:
      'bodies as base64, as its file is JSON; one insert of all documents a load, updates by _id; it never syncs its file, ' +
      'so the adapter does',
    keyForm: 'string',
    entriesMax: 20_000,
    async open(directory) {
      const filename = join(directory, 'entries.nedb');
      const db = new Datastore<Document>({ filename });
      await db.loadDatabaseAsync();
      return new NedbStore(db, filename);
    },
  };
}

class NedbStore implements PeerStore<string> {
  readonly #db: nedb.default<Document>;
  readonly #filename: string;

  constructor(db: nedb.default<Document>, filename: string) {
    this.#db = db;
    this.#filename = filename;
  }

  async putAll(puts: Puts<string>): Promise<void> {
    if (this.#db.getAllData().length > 0) {
      for (let i = 0; i < puts.keys.length; i += 1) await this.#put(puts, i);
    } else {
      await this.#db.insertAsync(puts.keys.map((_id, i) => ({ _id, body: encoded(puts.bodies[i] as Body) })) as never);
    }
    await this.#synced((file) => file.datasync());
  }

  async putDurably(puts: Puts<string>): Promise<void> {
    await this.#synced(async (file) => {
      for (let i = 0; i < puts.keys.length; i += 1) {
        await this.#put(puts, i);
        await file.datasync();
      }
    });
  }

  async putSingly(puts: Puts<string>, durationsMs: Float64Array): Promise<void> {
    await timeEachPromised(durationsMs, (i) => this.#put(puts, i));
    await this.#synced((file) => file.datasync());
  }

  async getEach(keys: readonly string[], visit: Visit): Promise<void> {
    for (let i = 0; i < keys.length; i += 1) await this.#get(keys, i, visit);
  }

  scan(visit: Visit): void {
    // In key order, as the index on keys yields it.
    for (const [i, document] of this.#db.getAllData<Document>().entries()) visit(i, decoded(document));
  }

  async deleteRuns(runs: readonly Run<string>[]): Promise<number> {
    let deleted = 0;
    for (const { start, end } of runs) {
      deleted += await this.#db.removeAsync({ _id: { $gte: start, $lt: end } }, { multi: true });
    }
    await this.#synced((file) => file.datasync());
    return deleted;
  }

  async mixed(operations: MixedOperations<string>, visit: Visit): Promise<void> {
    const { keys, isPut } = operations;
    for (let i = 0; i < keys.length; i += 1) {
      if (isPut[i] === 1) await this.#put(operations, i);
      else await this.#get(keys, i, visit);
    }
    await this.#synced((file) => file.datasync());
  }

  compact(): Promise<void> {
    return this.#db.compactDatafileAsync();
  }

  close(): void {}

  async #put({ keys, bodies }: Puts<string>, i: number): Promise<void> {
    const _id = keys[i] as string;
    await this.#db.updateAsync({ _id }, { _id, body: encoded(bodies[i] as Body) }, { upsert: true });
  }

  async #get(keys: readonly string[], i: number, visit: Visit): Promise<void> {
    const document: Document | null = await this.#db.findOneAsync({ _id: keys[i] as string });
    visit(i, document === null ? undefined : decoded(document));
  }

  async #synced(use: (file: FileHandle) => Promise<void>): Promise<void> {
    const file = await open(this.#filename, 'r+');
    try {
      await use(file);
    } finally {
      await file.close();
    }
  }
}

function encoded({ bytes }: Body): string {
  return bytes.toString('base64');
}

function decoded({ body }: Document): CacheEntry {
  return ownedEntry(Buffer.from(body, 'base64'));
}
