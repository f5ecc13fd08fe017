/** The comparison in a browser, `npm run bench:browser`. Prints a table for each number of entries, and the bundle sizes. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { TestBrowser } from '../../test/chromium/browser.ts';
import { Site } from '../../test/chromium/site.ts';
import { runScript } from '../../test/scripts/script-arguments.ts';
import { formatFigure, formatTable } from '../table.ts';
import { usage } from './browser-arguments.ts';
import type { Figures } from './pages/measure.ts';
import { bundleSizes } from './sizes.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const wasm: string = here('node_modules/@sqlite.org/sqlite-wasm/dist/sqlite3.wasm');

const PEERS: readonly string[] = [
  'LogCache in a worker',
  'SQLite (wasm) in a worker',
  'WorkerCache',
  'IndexedDB',
  'idb-keyval',
  'browser-level',
];

const WORKS: readonly (readonly [work: string, figure: keyof Figures])[] = [
  ['load, entries/s', 'load'],
  ['get, hit, /s', 'get'],
  ['get, miss, /s', 'miss'],
  ['put, /s', 'put'],
  ['put, each durable, /s', 'putDurable'],
  ['scan, entries/s', 'scan'],
  ['prefix deletions of 10 entries, /s', 'deletePrefix'],
  ['open until the first get, ms', 'openMs'],
];

await runScript(usage, async (number) => {
  const counts = number('entries') === 0 ? [20_000, 200_000] : [number('entries')];
  const site = await Site.start(here('pages'), ['bench-page', 'peer-worker', 'cache-worker'], {
    '/sqlite3.wasm': { type: 'application/wasm', bytes: readFileSync(wasm) },
  });
  const browser = new TestBrowser(site.origin);
  try {
    await browser.start();
    console.log(`${await browser.browser.version()}, values of 256 bytes, keys of 31 characters`);
    for (const entries of counts) {
      const rounds: Map<string, Figures>[] = [];
      for (let round = 1; round <= number('rounds'); round += 1) rounds.push(await roundOf(browser, entries, round));
      const rows = WORKS.map(([work, figure]) => [work, ...PEERS.map((peer) => cell(rounds, peer, figure))]);
      console.log(`\n${entries} entries\n${formatTable(['work', ...PEERS], rows)}`);
    }
    const sizes = (await bundleSizes(wasm)).map(([name, bytes]) => [name, `${(bytes / 1000).toFixed(1)} kB`]);
    console.log(`\nMinified and compressed\n${formatTable(['bundle', 'size'], sizes)}`);
  } finally {
    await browser.close();
    site.close();
  }
});

async function roundOf(browser: TestBrowser, entries: number, seed: number): Promise<Map<string, Figures>> {
  const figures = new Map<string, Figures>();
  for (const peer of PEERS) {
    const tab = await browser.open();
    figures.set(peer, await tab.run<Figures>(peer, entries, seed));
    await tab.close();
  }
  return figures;
}

/** The median of a figure over the rounds. */
function cell(rounds: readonly ReadonlyMap<string, Figures>[], peer: string, figure: keyof Figures): string {
  const values = rounds.flatMap((round) => round.get(peer)?.[figure] ?? []).sort((a, b) => a - b);
  const median = values[Math.floor(values.length / 2)];
  return median === undefined ? '' : formatFigure(median);
}
