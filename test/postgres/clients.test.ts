// Why these tests: two packages run the statements. Each must hand over texts and bytes as they are, and listen until it is stopped.
import { expect, test, vi } from 'vitest';
import type { PgConnection, PgPool } from '../../src/postgres/index.ts';
import { Pg } from '../../src/postgres/pg-client.ts';
import { PostgresJs } from '../../src/postgres/postgres-js-client.ts';
import { SqlRow } from '../../src/postgres/sql-client.ts';
import { FakeServer } from './fake-server.ts';

/** A pool of one connection, whose events a test emits. */
class FakePool {
  readonly queries: unknown[] = [];
  readonly handlers: Map<string, () => void> = new Map();
  readonly released: unknown[] = [];
  readonly totalCount = 0;
  connections = 0;

  query(query: unknown): Promise<{ rows: unknown[][] }> {
    this.queries.push(query);
    return Promise.resolve({ rows: [['7', null]] });
  }

  connect(): Promise<PgConnection> {
    this.connections += 1;
    return Promise.resolve({
      query: (query) => this.query(query),
      release: (destroy?: boolean) => void this.released.push(destroy),
      on: (event: string, handler: () => void) => this.handlers.set(event, handler),
    });
  }
}

test('a statement reaches a pool of pg with rows as arrays', async () => {
  const pool = new FakePool();
  const rows = await new Pg(pool as PgPool).query('SELECT $1', ['507']);
  expect(pool.queries).toEqual([{ text: 'SELECT $1', values: ['507'], rowMode: 'array' }]);
  expect(rows[0]?.integer(0)).toBe(7n);
});

test('a pool of one connection cannot listen', () => {
  const pool = (max?: number) => new Pg({ ...new FakePool(), options: max === undefined ? {} : { max } } as never);
  expect([pool(), pool(1), pool(2)].map(({ canListen }) => canListen)).toEqual([true, false, true]);
});

test('a listener of pg has a connection of its own, and another one when that is lost', async () => {
  vi.useFakeTimers();
  try {
    const pool = new FakePool();
    let calls = 0;
    const stop = await new Pg(pool as PgPool).listen('orders', () => {
      calls += 1;
    });
    expect(pool.queries).toEqual([expect.objectContaining({ text: 'LISTEN "orders"' })]);
    pool.handlers.get('notification')?.();
    expect(calls).toBe(2);
    pool.handlers.get('end')?.();
    pool.handlers.get('error')?.();
    await vi.advanceTimersByTimeAsync(1_000);
    // It may have missed some meanwhile.
    expect([pool.connections, calls]).toEqual([2, 3]);
    await stop();
    pool.handlers.get('notification')?.();
    pool.handlers.get('end')?.();
    await vi.advanceTimersByTimeAsync(5_000);
    expect([pool.connections, calls]).toEqual([2, 3]);
    // Destroyed: the next user of the connection would receive the notifications.
    expect(pool.released).toEqual([true, true]);
  } finally {
    vi.useRealTimers();
  }
});

test('a listener of postgres calls when it listens, for each notification, and not after it was stopped', async () => {
  const server = new FakeServer();
  let calls = 0;
  const stop = await new PostgresJs(server.client).listen('orders', () => {
    calls += 1;
  });
  server.listeners[0]?.notify();
  expect(calls).toBe(2);
  await stop();
  server.listeners[0]?.notify();
  expect([calls, server.unlistened, server.listeners[0]?.channel]).toEqual([2, 1, 'orders']);
});

test('columns have the types that the statements ask for, or the client changes them', () => {
  const row = new SqlRow(['507', Uint8Array.of(1), null, 507, new Date(0)]);
  expect([row.text(0), row.integer(0), row.bytes(1), row.bytes(2)]).toEqual(['507', 507n, Uint8Array.of(1), undefined]);
  expect(() => row.text(3)).toThrow(/the client returned number instead of text: do not replace its parser/);
  expect(() => row.bytes(4)).toThrow(/the client returned Date instead of bytes/);
  expect(() => new SqlRow(['x']).integer(0)).toThrow(SyntaxError);
});
