// Why these tests: what the cache asks of a server, and what it makes of each answer and failure. The real one is in
// test/postgres/*.server.ts.
import { describe, expect, test } from 'vitest';
import { encodeWithValue } from '../../src/contract/cache-entry-codec.ts';
import { PostgresCache, type PostgresCacheOptions } from '../../src/postgres/index.ts';
import { type FakeAnswer, FakeServer, sqlError } from './fake-server.ts';

const key = utf8('order:507\0total');
const meta = { watermark: 2n ** 64n - 1n, cachedAtUs: -1n };
const payload = encodeWithValue(utf8('state'), meta);

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function cacheOn(server: FakeServer, options: Partial<PostgresCacheOptions> = {}): PostgresCache {
  return new PostgresCache({ client: server.client, table: 'cache', ...options });
}

/** Answers statements that contain `words`. */
function answers(words: string, ...each: FakeAnswer[]): FakeServer {
  const server = new FakeServer();
  let count = 0;
  server.answer = (text) => {
    if (!text.includes(words)) return undefined;
    count += 1;
    return each[Math.min(count, each.length) - 1];
  };
  return server;
}

describe('a reading', () => {
  test('has the entry and the epoch of one row', async () => {
    const server = answers('SELECT s.epoch::text, e.payload', [['12', payload]]);
    const reading = await cacheOn(server).readWithEpoch(key);
    expect(reading).toEqual({ entry: { value: utf8('state'), meta }, epoch: 12n, hasFartherTier: false });
    expect(server.statements.at(-1)?.parameters).toEqual([utf8('order:507\0'), utf8('total'), utf8('')]);
  });

  test('of a miss has the epoch as well', async () => {
    expect(await cacheOn(new FakeServer()).readWithEpoch(key)).toMatchObject({ entry: undefined, epoch: 7n });
    expect(await cacheOn(new FakeServer()).get(key)).toBeUndefined();
  });

  test('checks the tables once, and again after a failure', async () => {
    const server = answers('SELECT version', sqlError('08006', 'the connection is cut'), [
      ['1', '7', 'read committed'],
    ]);
    const cache = cacheOn(server);
    await expect(cache.get(key)).rejects.toMatchObject({
      code: 'CACHE_FAILED',
      message: 'could not read an entry: the connection is cut',
      cause: { code: '08006' },
    });
    await cache.get(key);
    await cache.get(key);
    expect(server.withText('SELECT version')).toHaveLength(2);
  });

  test('asks again when the client has lost the first question', async () => {
    const server = answers('SELECT version', new Promise(() => {}), [['1', '7', 'read committed']]);
    const cache = cacheOn(server, { timeoutMs: 20 });
    await expect(cache.get(key)).rejects.toMatchObject({ code: 'CACHE_FAILED' });
    expect(await cache.get(key)).toBeUndefined();
  });

  test.each([
    ['of another version', [['2', '7', 'read committed']], 'INCOMPATIBLE', /have version 2, this package has 1/],
    ['without the row of the state', [], 'CACHE_FAILED', /is empty: create it with createTables/],
    ['that do not exist', sqlError('42P01'), 'CACHE_FAILED', /create the tables with createTables\(\).*now 'cache'/],
    [
      'that the role must not read',
      sqlError('42501'),
      'CACHE_FAILED',
      /GRANT SELECT, INSERT, UPDATE, DELETE ON "cache"/,
    ],
    ['of something else', sqlError('42703'), 'CACHE_FAILED', /'cache' is not a table of a PostgresCache/],
  ])('of tables %s is refused', async (_name, state, code, message) => {
    const error: unknown = await cacheOn(answers('SELECT version', state as FakeAnswer))
      .get(key)
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

describe('a put', () => {
  test('has the parts of the row, what it is based on, and which entry it replaces', async () => {
    const server = new FakeServer();
    const cache = cacheOn(server);
    await cache.put(key, utf8('state'), meta, { epoch: 5n, replaces: { watermark: 9n, cachedAtUs: 3n } });
    const { text, parameters } = server.withText('INSERT INTO "cache" AS')[0] ?? { text: '', parameters: [] };
    expect(parameters.slice(0, 4)).toEqual([utf8('order:507\0'), utf8('total'), utf8(''), utf8('')]);
    expect(parameters.slice(4)).toEqual(['18446744073709551615', '-1', payload, '5', '{}', '9', '3']);
    expect(text).not.toContain('order:507');
  });

  test('without a basis has the newest epoch of all answers, and replaces no entry', async () => {
    const server = answers('SELECT s.epoch::text, e.payload', [['12', null]]);
    const cache = cacheOn(server);
    await cache.get(key);
    expect(await cache.put(key, utf8('state'), meta)).toBe(true);
    expect(server.withText('INSERT INTO "cache" AS')[0]?.parameters.slice(7)).toEqual(['12', '{}', '-1', '0']);
  });

  test('is not refused by deletions of the same cache', async () => {
    const server = answers('SELECT new_epoch', [['15', '1']]);
    const cache = cacheOn(server);
    await cache.get(key);
    await cache.deletePrefix(utf8('order:'));
    await cache.put(key, utf8('state'), meta);
    expect(server.withText('INSERT INTO "cache" AS')[0]?.parameters.slice(7, 9)).toEqual(['7', '{15}']);
  });

  test('that stored nothing reads the epoch, for the next one', async () => {
    const server = answers('INSERT INTO "cache" AS', []);
    const cache = cacheOn(server);
    expect(await cache.put(key, utf8('state'), meta)).toBe(false);
    await cache.get(key);
    expect(server.withText('SELECT version')).toHaveLength(2);
  });

  test('is repeated after a conflict with another transaction, and not without end', async () => {
    const twice = answers('INSERT INTO "cache" AS', sqlError('40001'), sqlError('40P01'), [['1']]);
    expect(await cacheOn(twice).put(key, utf8('state'), meta)).toBe(true);
    const always = answers('INSERT INTO "cache" AS', sqlError('40001'));
    await expect(cacheOn(always).put(key, utf8('state'), meta)).rejects.toMatchObject({ code: 'CACHE_FAILED' });
    expect(always.withText('INSERT INTO "cache" AS')).toHaveLength(20);
  });

  test('with a basis that is no bigint is an error', async () => {
    const putting = cacheOn(new FakeServer()).put(key, utf8('state'), meta, { epoch: 5 } as never);
    await expect(putting).rejects.toThrow(/basis.epoch must be a bigint/);
  });
});

describe('putMany', () => {
  test('is one statement for all entries, and the newest of each key', async () => {
    const server = answers('INSERT INTO "cache" AS', [['1'], ['1']]);
    const entries = [1n, 3n, 2n].map((watermark) => [utf8('a\0'), utf8('state'), { ...meta, watermark }] as const);
    expect(await cacheOn(server).putMany([...entries, [utf8('b\0'), utf8('state'), meta]], { epoch: 5n })).toBe(2);
    const { parameters = [] } = server.withText('INSERT INTO "cache" AS')[0] ?? {};
    expect(parameters[4]).toBe('{3,18446744073709551615}');
    expect(parameters.slice(7)).toEqual(['5', '{}']);
  });

  test('of no entries asks nothing, and of too many bytes is refused', async () => {
    const server = new FakeServer();
    const cache = cacheOn(server);
    expect(await cache.putMany([])).toBe(0);
    const half = new Uint8Array(2 ** 26);
    const entries = ['a', 'b'].map((name) => [utf8(name), half, meta] as const);
    await expect(cache.putMany(entries)).rejects.toMatchObject({ code: 'TOO_LARGE' });
    expect(server.statements).toEqual([]);
  });
});

describe('a deletion', () => {
  test('resolves to the count, waits half the time for the lock, and names the prefix', async () => {
    const server = new FakeServer();
    expect(await cacheOn(server, { timeoutMs: 301 }).deletePrefix(utf8('order:507\0'))).toBe(3);
    const parameters = server.withText('SELECT new_epoch')[0]?.parameters ?? [];
    expect(parameters.slice(5)).toEqual([utf8('order:507\0'), '151', 'true']);
  });

  test('that waits too long for a transaction of others says so', async () => {
    const server = answers('SELECT new_epoch', sqlError('55P03'));
    await expect(cacheOn(server).deletePrefix(key)).rejects.toThrow(/is still open: end it/);
  });

  test('of an engine without locks is one statement, and forgets old deletions now and then', async () => {
    const server = answers('WITH next AS', [['200', '1']]);
    server.answer = (
      (own) => (text: string) =>
        text.startsWith('SELECT version') ? [['1', '7', 'serializable']] : own(text, [])
    )(server.answer);
    const cache = cacheOn(server, { dialect: 'serializable' });
    expect(await cache.deletePrefix(utf8('order:'))).toBe(1);
    expect(await cache.deletePrefix(utf8('order:507\0'))).toBe(1);
    expect(server.withText('WITH next AS')[0]?.text).toContain('e.stream >= $1');
    expect(server.withText('WITH next AS')[1]?.text).toContain('e.stream = $1');
    expect(server.withText('DELETE FROM "cache_deletions"')[0]?.parameters).toEqual(['200']);
  });

  test('of such an engine needs serializable transactions', async () => {
    const cache = cacheOn(new FakeServer(), { dialect: 'serializable' });
    await expect(cache.deletePrefix(key)).rejects.toThrow(
      /needs default_transaction_isolation = serializable, not read com/,
    );
  });
});

test.each([
  ['fsync off', [['off', '0']], /the server runs with fsync off/],
  ['UNLOGGED tables', [['on', '4']], /the table "cache" is UNLOGGED: a crash of the server empties it/],
])('sync rejects on %s', async (_name, row, message) => {
  await expect(cacheOn(answers('SELECT current_setting', row)).sync()).rejects.toThrow(message);
});

test('sync waits for puts under way, and for the disk', async () => {
  let open = (_rows: readonly (readonly unknown[])[]): void => {};
  const server = answers('INSERT INTO "cache" AS', new Promise((resolve) => (open = resolve)));
  const cache = cacheOn(server);
  const putting = cache.put(key, utf8('state'), meta);
  const syncing = cache.sync();
  await new Promise((resolve) => setImmediate(resolve));
  expect(server.withText('SELECT current_setting')).toEqual([]);
  open([['1']]);
  await syncing;
  expect(await putting).toBe(true);
  expect(server.statements.at(-1)?.text).toContain('synchronous_commit');
});

describe('prefetch', () => {
  const many = 'CROSS JOIN unnest';

  test('reads all keys of a turn by one query, each for one get', async () => {
    const server = answers(many, [
      ['7', '2', payload],
      ['7', '1', null],
    ]);
    const cache = cacheOn(server);
    await Promise.all([cache.prefetch(utf8('a\0'), meta), cache.prefetch(key, meta), cache.prefetch(key, meta)]);
    expect(server.withText(many)).toHaveLength(1);
    expect(server.withText(many)[0]?.parameters[0]).toBe('{"\\\\x6100","\\\\x6f726465723a35303700"}');
    expect((await cache.get(key))?.value).toEqual(utf8('state'));
    expect(await cache.get(utf8('a\0'))).toBeUndefined();
    expect(server.withText('SELECT s.epoch::text, e.payload')).toEqual([]);
    await cache.get(key);
    expect(server.withText('SELECT s.epoch::text, e.payload')).toHaveLength(1);
  });

  test.each([
    ['is too old', (_cache: PostgresCache, clock: { ms: number }) => Object.assign(clock, { ms: 1_001 })],
    ['is from before a put', (cache: PostgresCache) => cache.put(key, utf8('newer'), meta)],
    ['is from before a deletion', (cache: PostgresCache) => cache.deletePrefix(utf8('order:'))],
    [
      'is from before a deletion on another machine that an answer shows',
      (cache: PostgresCache) => cache.deletionsSince(0n),
    ],
  ])('what it has read is not used if it %s', async (_name, spoil) => {
    const server = new FakeServer();
    server.answer = (text) => {
      if (text.includes(many)) return [['7', '1', payload]];
      return text.startsWith('SELECT s.identity') ? [['id', '9', null]] : undefined;
    };
    const clock = { ms: 0 };
    const cache = cacheOn(server, { nowMs: () => clock.ms });
    await cache.prefetch(key, meta);
    await spoil(cache, clock);
    expect(await cache.get(key)).toBeUndefined();
  });

  test('never rejects for a failure, and reads at most 1,000 keys at once', async () => {
    const server = answers(many, sqlError('57P01'));
    const cache = cacheOn(server);
    const keys = Array.from({ length: 1_001 }, (_, id) => utf8(`order:${id}\0`));
    await Promise.all(keys.map((each) => cache.prefetch(each, meta)));
    expect(server.withText(many)).toHaveLength(2);
    await expect(cache.get(keys[1_000] as Uint8Array)).rejects.toMatchObject({ code: 'CACHE_FAILED' });
  });
});

test('deletionsSince lists the prefixes while all of them are known', async () => {
  const rows = [
    ['id', '10500', utf8('a')],
    ['id', '10500', utf8('b')],
  ];
  const cache = cacheOn(answers('SELECT s.identity', rows));
  expect(await cache.deletionsSince(10_498n)).toEqual({
    identity: 'id',
    epoch: 10_500n,
    prefixes: [utf8('a'), utf8('b')],
  });
  expect((await cache.deletionsSince(500n)).prefixes).toHaveLength(2);
  expect((await cache.deletionsSince(499n)).prefixes).toBeUndefined();
  // The server has fewer: it was restored.
  expect((await cache.deletionsSince(10_501n)).prefixes).toBeUndefined();
  await expect(cacheOn(answers('SELECT s.identity', [])).deletionsSince(0n)).rejects.toThrow(/is empty/);
});

test('entries are listed page by page, each after the last key of the one before', async () => {
  const row = (id: number) => [utf8('a\0'), utf8(`${id}`.padStart(3, '0')), utf8(''), utf8(''), payload];
  const page = Array.from({ length: 100 }, (_, id) => row(id));
  const server = answers('ORDER BY e.stream', page, [row(100)]);
  const found: string[] = [];
  for await (const [each, entry] of cacheOn(server).entries(utf8('a\0'))) {
    found.push(new TextDecoder().decode(each));
    expect(entry.meta).toEqual(meta);
  }
  expect(found).toHaveLength(101);
  expect(found.at(-1)).toBe('a\u0000100');
  expect(server.withText('ORDER BY')[1]?.parameters.slice(5)).toEqual([utf8('a\0'), utf8('099'), utf8('')]);
  const keys = answers('ORDER BY e.stream', [row(1)]);
  for await (const each of cacheOn(keys).keys()) expect(each).toEqual(utf8('a\u0000001'));
  expect(keys.withText('ORDER BY')[0]?.text).not.toContain('payload');
});

describe('createTables', () => {
  test('runs nothing where the tables are', async () => {
    const server = new FakeServer();
    await cacheOn(server).createTables();
    expect(server.withText('CREATE')).toEqual([]);
  });

  test.each(['42P01', '3F000'])('creates what is missing (%s), also if another process does so', async (missing) => {
    const server = new FakeServer();
    let isThere = false;
    let tries = 0;
    server.answer = (text) => {
      if (text.startsWith('SELECT version') && !isThere) return sqlError(missing);
      if (text.startsWith('INSERT INTO')) isThere = true;
      if (!text.includes('"cache_deletions" (')) return undefined;
      tries += 1;
      return tries === 1 ? sqlError('23505') : [];
    };
    await cacheOn(server).createTables();
    expect(isThere).toBe(true);
  });

  test('rejects if the role may not create them', async () => {
    const server = new FakeServer();
    server.answer = (text) => (text.startsWith('SELECT version') ? sqlError('42P01') : sqlError('42501'));
    await expect(cacheOn(server).createTables()).rejects.toThrow(/could not create the tables: .*GRANT/);
  });
});

test('a call that is not answered in time rejects, and close waits for it', async () => {
  const timers: (() => void)[] = [];
  const server = answers('SELECT s.epoch::text, e.payload', new Promise(() => {}));
  const startTimer = (act: () => void): (() => void) => {
    timers.push(act);
    return () => {};
  };
  const cache = cacheOn(server, { timeoutMs: 50, startTimer });
  const reading = cache.get(key).catch((error: unknown) => error);
  await new Promise((resolve) => setImmediate(resolve));
  let isClosed = false;
  const closing = cache.close().then(() => {
    isClosed = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(isClosed).toBe(false);
  for (const act of timers) act();
  await closing;
  expect(await reading).toMatchObject({
    code: 'CACHE_FAILED',
    message: 'could not read an entry: the server, or a connection of the pool, did not answer within 50 ms',
  });
});

test('after close, calls reject with CLOSED and listeners are stopped', async () => {
  const server = new FakeServer();
  const cache = cacheOn(server);
  let calls = 0;
  await cache.watchDeletions(() => {
    calls += 1;
  });
  server.listeners[0]?.notify();
  expect(calls).toBe(2);
  await cache[Symbol.asyncDispose]();
  expect(server.unlistened).toBe(1);
  const attempts = [
    () => cache.get(key),
    () => cache.put(key, utf8(''), meta),
    () => cache.putMany([]),
    () => cache.deletePrefix(key),
    () => cache.sync(),
    () => cache.prefetch(key, meta),
    () => cache.keys().next(),
    () => cache.deletionsSince(0n),
    () => cache.watchDeletions(() => {}),
    () => cache.createTables(),
  ];
  for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ code: 'CLOSED' });
});

test('where it cannot listen, watchDeletions does nothing', async () => {
  const server = new FakeServer();
  const stop = await cacheOn(server, { dialect: 'serializable' }).watchDeletions(() => {});
  expect(server.listeners).toEqual([]);
  await stop();
});

test('a client that changes the types of columns is a failure with a remedy', async () => {
  const server = answers('SELECT s.epoch::text, e.payload', [[7, payload]]);
  await expect(cacheOn(server).get(key)).rejects.toThrow(
    /the client returned number instead of text: do not replace its parser/,
  );
});

test.each([
  [sqlError('ECONNREFUSED', ''), 'could not read an entry: ECONNREFUSED'],
  ['cut', 'could not read an entry: cut'],
  [sqlError('25006', 'read-only'), /read-only; connect to the primary server/],
  [sqlError('26000', 'unknown statement'), /use `prepare: false` in the client/],
  [sqlError('42809', 'a view'), /is not a table of a PostgresCache/],
])('the failure %s is CACHE_FAILED with its cause', async (cause, message) => {
  const server = new FakeServer();
  server.answer = (text) => (text.startsWith('SELECT s.epoch') ? (Promise.reject(cause) as never) : undefined);
  const error = (await cacheOn(server)
    .get(key)
    .catch((reason: unknown) => reason)) as Error;
  expect(error).toMatchObject({ code: 'CACHE_FAILED', cause });
  if (typeof message === 'string') expect(error.message).toBe(message);
  else expect(error.message).toMatch(message);
});
