/**
 * A service with an embedded cache, then as two machines that share one: `npm run demo:shared`. It starts a PostgreSQL server of
 * its own, in a temporary directory and for the loopback address only, if the packages of one are installed
 * (`apt-get install postgresql` on Debian). With `DATABASE_URL` it uses that server, and creates the tables of the cache there.
 *
 * Where to continue reading: `machine.mjs` is what an application copies, `demo.ts` what happens to two of them, `move.mjs` moves states
 * between a directory and PostgreSQL.
 */
import { fileURLToPath } from 'node:url';
import { PrivateServer } from '../../../test/postgres/private-server.ts';
import { SharedDemo } from './demo.ts';

const usage = `Usage: npm run demo:shared

Runs a service on a LogCache, on PostgreSQL, and as two machines with both: each
answer, whether its state was cached, and how many events it read. If
DATABASE_URL is set, it uses that server and creates the tables of the cache
there; otherwise it starts a server of its own. DEBUG=1 shows what the machines
report.`;

async function main(): Promise<void> {
  const own = process.env['DATABASE_URL'] === undefined ? await PrivateServer.start() : undefined;
  try {
    const script = fileURLToPath(new URL('machine.mjs', import.meta.url));
    await SharedDemo.run(script, own?.url ?? String(process.env['DATABASE_URL']), (line) => {
      const { machine, what, cents, outcome, eventsRead } = line;
      console.log(`machine ${machine} ${what}`);
      console.log(`  ${cents} cents: ${outcome}, events read: ${eventsRead}`);
    });
  } finally {
    await own?.stop();
  }
}

if (process.argv.length > 2) console.log(usage);
else {
  await main().catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
