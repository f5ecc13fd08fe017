import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expectUsable } from '../corruption/honest-store.ts';
import type { Engine } from '../engines/engine-source.ts';
import type { Contents } from '../store/store-history.ts';
import { TestDisk } from '../store/test-disk.ts';

/** Files to open, and what may be in them. Contents of files are in base64, keys and values one character a byte. */
export interface FuzzCase {
  readonly story: string;
  readonly files: Readonly<Record<string, string>>;
  /** The values that each key may have; a key may also be missing. */
  readonly allowed: Readonly<Record<string, readonly string[]>>;
  /** The exact contents, if they are known. */
  readonly holds?: Readonly<Record<string, string>>;
}

const corpus: string = fileURLToPath(new URL('corpus/', import.meta.url));

function diskOf({ files }: FuzzCase): TestDisk {
  const disk = new TestDisk();
  for (const [name, text] of Object.entries(files)) disk.place(name, new Uint8Array(Buffer.from(text, 'base64')));
  return disk;
}

export function filesOf(disk: TestDisk): Record<string, string> {
  return Object.fromEntries(disk.names.map((name) => [name, Buffer.from(disk.bytes(name)).toString('base64')]));
}

/**
 * Opens the files of a case and returns their contents. Throws if those are wrong, or the store is unusable afterwards.
 */
export function play(fuzzCase: FuzzCase, engine?: Engine): Map<string, string> {
  const liesIn = (contents: Contents): string[] => {
    const lies = [...contents].filter(([key, body]) => fuzzCase.allowed[key]?.includes(body) !== true);
    return lies.map(([key, body]) => `${key} holds ${body.slice(0, 40)}`);
  };
  return expectUsable(diskOf(fuzzCase), fuzzCase.story, liesIn, engine);
}

/** The recorded cases, by the names of their files. */
export function keptCases(): ReadonlyMap<string, FuzzCase> {
  const names = readdirSync(corpus).filter((name) => name.endsWith('.json'));
  return new Map(names.map((name) => [name, JSON.parse(readFileSync(corpus + name, 'utf8')) as FuzzCase]));
}

/** Records a case; returns the path of its file. */
export function keep(name: string, fuzzCase: FuzzCase): string {
  const path = `${corpus}${name}.json`;
  writeFileSync(path, `${JSON.stringify(fuzzCase, null, 2)}\n`);
  return path;
}
