import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import type { LogStore } from '../../src/store/log-store.ts';
import { moduleClosure } from './module-closure.ts';
import { edited, type SourceEdit, type Sources } from './source-edit.ts';

/** What tests need of an engine: the one of the sources, or one that was built from changed sources. */
export interface Engine {
  readonly LogStore: typeof LogStore;
  /** The smallest page cache it takes. */
  readonly pageCacheBytes: number;
  /** Waits as long as its asynchronous compaction does between two steps. */
  readonly nextTurn: () => Promise<void>;
}

/** An engine with one thing done wrong, which a sweep must notice. */
export interface BrokenEngine {
  /** What is wrong with it. */
  readonly fault: string;
  readonly edits: readonly SourceEdit[];
}

/** The module that is the engine: all else in it is what this one imports. */
const ENTRY = 'store/log-store';

const compilerOptions: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
  rewriteRelativeImportExtensions: true,
};

let sources: Sources | undefined;

/** The engine's sources as they are, by their paths below `src`. */
export function engineSources(): Sources {
  sources ??= new Map([...moduleClosure([`src/${ENTRY}.ts`])].map(([path, text]) => [path.slice('src/'.length), text]));
  return sources;
}

/** Builds the store with `edits` in a folder of its own and loads it. Tests and sources stay as they are. */
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

/** Writes sources as JavaScript modules that run as they are. */
export function writeModules(directory: string, modules: Sources): void {
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
  for (const [file, text] of modules) {
    const target = join(directory, file.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, transpiled(text, file));
  }
}

/** Engines differ in a few files: the others are transpiled once. */
const outputs = new Map<string, string>();

function transpiled(text: string, file: string): string {
  const known = outputs.get(text);
  if (known !== undefined) return known;
  const { outputText } = ts.transpileModule(text, { compilerOptions, fileName: file });
  outputs.set(text, outputText);
  return outputText;
}
