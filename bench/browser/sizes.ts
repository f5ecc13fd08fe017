import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from '../../test/chromium/bundler.ts';

const here: string = fileURLToPath(new URL('.', import.meta.url));

const SOURCES: readonly (readonly [name: string, source: string])[] = [
  ['WorkerCache, for the page', "export { WorkerCache } from '../../src/browser/index.ts'"],
  ['serveCache with LogCache, for the worker', "export { serveCache } from '../../src/browser/index.ts'"],
  ['idb-keyval', "export { get, set, setMany, delMany, keys, createStore } from 'idb-keyval'"],
  ['browser-level', "export { BrowserLevel } from 'browser-level'"],
  ['SQLite (wasm), its scripts', "export { default } from '@sqlite.org/sqlite-wasm'"],
];

/** Bytes of each bundle, minified and compressed. */
export async function bundleSizes(wasm: string): Promise<readonly (readonly [name: string, bytes: number])[]> {
  const sizes: (readonly [string, number])[] = [];
  for (const [name, contents] of SOURCES) {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: here, loader: 'ts' },
      bundle: true,
      minify: true,
      write: false,
      format: 'esm',
      platform: 'browser',
      logLevel: 'error',
    });
    sizes.push([name, gzipSync(outputFiles[0]?.contents ?? new Uint8Array(0), { level: 9 }).length]);
  }
  return [...sizes, ['SQLite (wasm), its program', gzipSync(readFileSync(wasm), { level: 9 }).length]];
}
