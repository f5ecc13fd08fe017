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
  /** The values each key may have; a key may be missing. */
  readonly allowed: Readonly<Record<string, readonly string[]>>;
  /** What is there exactly, where that is known. */
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

/** Opens the files of a case and returns what is in them. Throws where that is wrong, or of no use afterwards. */
export function play(fuzzCase: FuzzCase, engine?: Engine): Map<string, string> {
  const liesIn = (contents: Contents): string[] => {
    const lies = [...contents].filter(([key, body]) => fuzzCase.allowed[key]?.includes(body) !== true);
    return lies.map(([key, body]) => `${key} holds ${body.slice(0, 40)}`);
  };
  return expectUsable(diskOf(fuzzCase), fuzzCase.story, liesIn, engine);
}

/** The cases that are kept, by the names of their files. */
export function keptCases(): ReadonlyMap<string, FuzzCase> {
  const names = readdirSync(corpus).filter((name) => name.endsWith('.json'));
  return new Map(names.map((name) => [name, JSON.parse(readFileSync(corpus + name, 'utf8')) as FuzzCase]));
}

/** Keeps a case; returns where. */
export function keep(name: string, fuzzCase: FuzzCase): string {
  const path = `${corpus}${name}.json`;
  writeFileSync(path, `${JSON.stringify(fuzzCase, null, 2)}\n`);
  return path;
}
