// Why these tests: the rules of a cache hold on a real server, with both clients, all dialects and kinds of tables.
import { describe, test } from 'vitest';
import { PostgresCache, type PostgresCacheOptions, type PostgresTableOptions } from '../../src/postgres/index.ts';
import { projectionCacheSuite } from '../../src/testing/index.ts';
import { SERIALIZABLE, ServerFixture } from './server-fixtures.ts';

const fixture = new ServerFixture();

function suite(
  name: string,
  clientOf: () => PostgresCacheOptions['client'],
  options: Partial<PostgresCacheOptions> = {},
  tables: PostgresTableOptions = {},
): void {
  const table = name.replaceAll(/[^a-z]/gi, '_');
  const open = async (): Promise<PostgresCache> => {
    const cache = new PostgresCache({ ...options, client: clientOf(), table });
    await cache.createTables(tables);
    return cache;
  };
  projectionCacheSuite({
    name,
    keepsNewest: true,
    open: async () => {
      const cache = await open();
      await cache.deletePrefix(new Uint8Array(0));
      return cache;
    },
    reopen: async (cache) => {
      await cache.close();
      return await open();
    },
    close: (cache) => cache.close(),
    describe,
    test,
  });
}

/** A client that the caches of a suite share. */
function once<Client>(make: () => Client): () => Client {
  let client: Client | undefined;
  return () => {
    client ??= make();
    return client;
  };
}

const plain = once(() => fixture.sql());
suite('postgres', plain);
suite('partitions', plain, {}, { partitions: 4 });
// As behind a pooler.
suite(
  'one connection, nothing prepared',
  once(() => fixture.sql({ max: 1, prepare: false })),
);
suite(
  'pg',
  once(() => fixture.pool()),
);
suite(
  'serializable',
  once(() => fixture.sql(SERIALIZABLE)),
  { dialect: 'serializable' },
);
