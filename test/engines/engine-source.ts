import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';
import type { LogStore } from '../../src/store/log-store.ts';

/** What tests need of an engine: the one of the sources, or one that was built from changed sources. */
export interface Engine {
  readonly LogStore: typeof LogStore;
  /** The smallest page cache it takes. */
  readonly pageCacheBytes: number;
  /** Waits as long as its asynchronous compaction does between two steps. */
  readonly nextTurn: () => Promise<void>;
}

/** A change of one source: `find` must occur in it exactly once, so that an edit never misses what it is about. */
export interface SourceEdit {
  /** Path below `src`. */
  readonly file: string;
  readonly find: string | RegExp;
  readonly replace: string;
}

/** An engine with one thing done wrong, which a sweep must notice. */
export interface BrokenEngine {
  /** What is wrong with it. */
  readonly fault: string;
  readonly edits: readonly SourceEdit[];
}

const source: string = fileURLToPath(new URL('../../src/', import.meta.url));
/** What the engine is made of; nothing above it. */
const folders: readonly string[] = ['base', 'storage', 'log', 'key-index', 'image', 'store', 'store/recovery'];

const compilerOptions: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
  rewriteRelativeImportExtensions: true,
};

/** Builds the store with `edits` in a folder of its own and loads it. Tests and sources stay as they are. */
export async function loadStore(edits: readonly SourceEdit[]): Promise<typeof LogStore> {
  const directory = mkdtempSync(join(tmpdir(), 'projection-cache-engine-'));
  try {
    build(directory, edits);
    const built: unknown = await import(pathToFileURL(join(directory, 'store', 'log-store.js')).href);
    return (built as { LogStore: typeof LogStore }).LogStore;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function build(directory: string, edits: readonly SourceEdit[]): void {
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
  const files = folders
    .flatMap((folder) => readdirSync(source + folder).map((name) => `${folder}/${name}`))
    .filter((file) => file.endsWith('.ts'));
  const missing = edits.find(({ file }) => !files.includes(file));
  if (missing !== undefined) throw new Error(`there is no src/${missing.file} to edit`);
  for (const file of files) {
    const text = edited(file, edits);
    const outputText = transpiled(text, file);
    const target = join(directory, file.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, outputText);
  }
}

/** Engines differ in a few files: the others are transpiled once. */
const outputs = new Map<string, string>();

/** A source as JavaScript that runs as it is. */
export function transpiled(text: string, file: string): string {
  const known = outputs.get(text);
  if (known !== undefined) return known;
  const { outputText } = ts.transpileModule(text, { compilerOptions, fileName: file });
  outputs.set(text, outputText);
  return outputText;
}

function edited(file: string, edits: readonly SourceEdit[]): string {
  return edits
    .filter((edit) => edit.file === file)
    .reduce((text, edit) => applied(text, edit), readFileSync(source + file, 'utf8'));
}

function applied(text: string, { file, find, replace }: SourceEdit): string {
  const count = typeof find === 'string' ? text.split(find).length - 1 : [...text.matchAll(globally(find))].length;
  if (count !== 1) throw new Error(`src/${file} has ${count} places, not one, for the edit of ${String(find)}`);
  return text.replace(find, () => replace);
}

function globally(pattern: RegExp): RegExp {
  return new RegExp(pattern.source, `${pattern.flags.replace('g', '')}g`);
}

/** The edit that gives a constant of a source another value. */
export function constantEdit(file: string, name: string, value: string): SourceEdit {
  return { file, find: new RegExp(`(?<=\\bconst ${name}\\b[^=;]*= )[^;]+(?=;)`), replace: value };
}
