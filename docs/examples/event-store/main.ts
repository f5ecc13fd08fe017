/**
 * Projects from an asynchronous event store, here the one in memory of Emmett
 * (https://event-driven-io.github.io/emmett): `npm run demo:event-store`. Where to continue reading: `emmett-reader.ts`
 * connects the two, `order-summary.ts` is the projection, and `store-example.ts` shows how an application uses them.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runStoreExample } from './store-example.ts';

const usage = `Usage: npm run demo:event-store

Projects an order from the event store of another package, through a cache: each
call, whether its state was cached, how many events it read, and the state.
There are no options.`;

async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'projection-cache-example-'));
  try {
    for (const { what, state, report } of await runStoreExample(directory, randomUUID())) {
      const { outcome, eventsRead, joined } = report;
      const how = `${joined ? 'joined a ' : ''}${outcome}, events read: ${eventsRead}`;
      console.log(`${what.padEnd(30)}  ${how}`);
      console.log(`  ${state === undefined ? 'no state' : JSON.stringify(state)}`);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

if (process.argv.length > 2) console.log(usage);
else await main();
