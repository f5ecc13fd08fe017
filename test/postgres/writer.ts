/*
 * A process that stores overlapping batches with `putMany`. Arguments: the address of the server, a seed, how many batches. It writes
 * a line when it is ready, begins when it reads one, and writes "done" at its end.
 */
import { once } from 'node:events';
import postgres from 'postgres';
import { PostgresCache } from '../../src/postgres/index.ts';
import { batchOf } from './batches.ts';

const [url = '', seed = '0', batches = '0'] = process.argv.slice(2);
const sql = postgres(url, { max: 4, onnotice: () => {} });
const cache = new PostgresCache({ client: sql, timeoutMs: 60_000 });
await cache.createTables({ partitions: 4 });
console.log('ready');
await once(process.stdin, 'data');
await Promise.all(
  Array.from({ length: Number(batches) }, (_, at) => cache.putMany(batchOf(Number(seed) + at, BigInt(at)))),
);
await cache.close();
await sql.end();
console.log('done');
process.stdin.destroy();
