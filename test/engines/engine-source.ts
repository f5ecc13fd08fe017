import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transformSync } from 'esbuild';
import type { LogStore } from '../../src/store/log-store.ts';
import { moduleClosure } from './module-closure.ts';
import { edited, type SourceEdit, type Sources } from './source-edit.ts';

/** The parts of an engine that tests use: of the sources, or of an engine built from changed sources. */
export interface Engine {
  readonly LogStore: typeof LogStore;
  /** The smallest page cache it accepts. */
  readonly pageCacheBytes: number;
  /** Waits as long as its asynchronous compaction waits between two steps. */
  readonly nextTurn: () => Promise<void>;
}

/** An engine with one fault, which a sweep must detect. */
export interface BrokenEngine {
  /** What is wrong with it. */
  readonly fault: string;
  readonly edits: readonly SourceEdit[];
}

/** The entry module: the engine is this module and everything it imports. */
const ENTRY = 'store/log-store';

let sources: Sources | undefined;

/** The unchanged sources of the engine, by their paths below `src`. */
export function engineSources(): Sources {
  sources ??= new Map([...moduleClosure([`src/${ENTRY}.ts`])].map(([path, text]) => [path.slice('src/'.length), text]));
  return sources;
}

/** Builds the store with `edits` in a separate folder and loads it. Tests and sources are not changed. */
export async function loadStore(edits: readonly SourceEdit[]): Promise<typeof LogStore> {
  const directory = mkdtempSync(join(tmpdir(), 'projection-cache-engine-'));
  try {
    writeModules(directory, edited(engineSources(), edits));
    const built: unknown = await import(pathToFileURL(join(directory, `${ENTRY}.js`)).href);
    return (built as { LogStore: typeof LogStore }).LogStore;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Writes sources as JavaScript modules that run without a loader. */
export function writeModules(directory: string, modules: Sources): void {
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
  for (const [file, text] of modules) {
    const target = join(directory, file.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, transpiled(text));
  }
}

/** Engines differ in a few files: the others are transpiled once. */
const outputs = new Map<string, string>();

/** TypeScript without its types, for Node. The compiler of TypeScript takes twenty times as long for the same. */
export function transpiled(text: string): string {
  const known = outputs.get(text);
  if (known !== undefined) return known;
  const compilerOptions = { verbatimModuleSyntax: true };
  const { code } = transformSync(text, { loader: 'ts', target: 'es2022', tsconfigRaw: { compilerOptions } });
  const output = code.replace(/("\.[^"\n]*)\.ts"/g, '$1.js"');
  outputs.set(text, output);
  return output;
}
