// Why these tests: the example is meant to be copied. It runs here from beside an installed package, and each total must be right.
import { execFileSync } from 'node:child_process';
import { cpSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DemoLine, SharedDemo } from '../../docs/examples/shared/demo.ts';
import { LogCache } from '../../src/cache/log-cache.ts';
import { PostgresCache } from '../../src/postgres/index.ts';
import { InstalledPackage } from '../docs/installed-package.ts';
import { ServerFixture } from './server-fixtures.ts';

const fixture = new ServerFixture();
const installed = new InstalledPackage();
const script: string = join(installed.directory, 'machine.mjs');
beforeAll(() => {
  cpSync(resolve('docs/examples/shared'), installed.directory, { recursive: true });
  symlinkSync(resolve('node_modules/postgres'), join(installed.directory, 'node_modules/postgres'));
});
afterAll(() => installed.remove());

test('the same service on each cache, alone and as two machines, through a deploy, an invalidation and an outage', async () => {
  const lines: DemoLine[] = [];
  await SharedDemo.run(script, fixture.server.url, (line) => lines.push(line));
  expect(
    lines.map(({ machine, cents, outcome, eventsRead }) => `${machine} ${cents} ${outcome} ${eventsRead}`),
  ).toEqual([
    'one 1350 replay 3',
    'one 1350 hit 0',
    'one 1350 replay 3',
    'two 1350 hit 0',
    'one 1350 hit 0',
    'two 1350 hit 0',
    'two 1350 hit 0',
    'two 1400 delta 1',
    'one 1400 hit 0',
    'two 1400 replay 4',
    'one 1400 hit 0',
    'one 1400 hit 0',
    'two 1300 replay 4',
    'one 1300 hit 0',
    'one 1307 delta 1',
    'two 1307 replay 5',
    // How soon a machine has the database again is up to its client.
    expect.stringMatching(/^one 1307 (?:delta 1|hit 0)$/),
    expect.stringMatching(/^two 1307 (?:hit 0|replay 5)$/),
  ]);
});

test('entries move from a directory to the server and back, by dump and load', async () => {
  const before = LogCache.open(join(installed.directory, 'before'));
  const entries = Array.from(
    { length: 1_203 },
    (_, id): [Uint8Array, Uint8Array, { watermark: bigint; cachedAtUs: bigint }] => {
      const key = new Uint8Array([id % 256, id >> 8, 0, 0xff, ...(id % 100 === 0 ? new Uint8Array(3_000) : [])]);
      return [
        key,
        new Uint8Array(id % 90).fill(id),
        { watermark: 2n ** 64n - 1n - BigInt(id), cachedAtUs: -BigInt(id) },
      ];
    },
  );
  for (const [key, value, meta] of entries) before.put(key, value, meta);
  before.close();
  const cache = new PostgresCache({ client: fixture.sql() });
  await cache.createTables();
  await cache.deletePrefix(new Uint8Array(0));
  const shell = (command: string): string =>
    execFileSync('sh', ['-ec', command], {
      cwd: installed.directory,
      env: { ...process.env, DATABASE_URL: fixture.server.url },
      encoding: 'utf8',
    });
  const cli = 'node node_modules/projection-cache/dist/cli/main.js';
  shell(`${cli} dump before | node move.mjs to-postgres`);
  expect((await cache.get(entries[1_202]?.[0] as Uint8Array))?.meta).toEqual(entries[1_202]?.[2]);
  shell(`node move.mjs from-postgres | ${cli} load after`);
  expect(shell(`${cli} dump after`)).toBe(shell(`${cli} dump before`));
  const after = LogCache.open(join(installed.directory, 'after'), { readOnly: true });
  expect(after.size).toBe(1_203);
  after.close();
});
