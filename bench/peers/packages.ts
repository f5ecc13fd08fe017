import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { type Machine, thisMachine } from '../machine.ts';

/** The machine and the software on it. */
export interface Setting extends Machine {
  readonly kernel: string;
  readonly sqlite: string;
  readonly packages: Readonly<Record<string, string>>;
}

export function thisSetting(): Setting {
  const { dependencies } = readJson<{ dependencies: Readonly<Record<string, string>> }>('./package.json');
  const { name, version } = readJson<{ name: string; version: string }>('../../package.json');
  const installed = Object.keys(dependencies).map((peer): [string, string] => [
    peer,
    readJson<{ version: string }>(`./node_modules/${peer}/package.json`).version,
  ]);
  const packages = Object.fromEntries([[name, version], ...installed]);
  return { ...thisMachine(), kernel: release(), sqlite: process.versions['sqlite'] ?? '', packages };
}

export function describePackages({ kernel, sqlite, packages }: Setting): string {
  const versions = Object.entries(packages).map(([name, version]) => `${name} ${version}`);
  return `kernel ${kernel}, SQLite ${sqlite} in Node; ${versions.join(', ')}`;
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as T;
}
