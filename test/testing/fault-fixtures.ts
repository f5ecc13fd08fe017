import type { StorageDirectory, StorageFile } from '../../src/storage/storage-backend.ts';
import {
  type CrashStatesOptions,
  crashStates,
  FaultStorage,
  type FaultStorageOptions,
} from '../../src/testing/index.ts';

export const DIRECTORY = 'store';

export interface Disk {
  readonly storage: FaultStorage;
  readonly directory: StorageDirectory;
}

export function bytes(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'latin1'));
}

export function emptyDisk(options: FaultStorageOptions = {}): Disk {
  const storage = new FaultStorage(options);
  return { storage, directory: storage.openDirectory(DIRECTORY, { create: true }) };
}

/** A disk with these files, all of them durable. */
export function diskWith(files: Readonly<Record<string, string>>, options: FaultStorageOptions = {}): Disk {
  const contents = Object.entries(files).map(([name, text]) => [name, bytes(text)] as const);
  return emptyDisk({ ...options, image: new Map([[DIRECTORY, new Map(contents)]]) });
}

export function opened({ directory }: Disk, name: string): StorageFile {
  const file = directory.open(name, 'write');
  if (file === undefined) throw new Error(`there is no ${name}`);
  return file;
}

export function write(file: StorageFile, position: number, text: string): number {
  return file.write(bytes(text), 0, text.length, position);
}

export function read(file: StorageFile): string {
  const target = new Uint8Array(64);
  return Buffer.from(target.subarray(0, file.read(target, 0, target.length, 0))).toString('latin1');
}

/** The different disks that a crash after everything may leave, each file as `name=content`, absent files left out. */
export function crashes({ storage }: Disk, options: CrashStatesOptions = {}): string[] {
  const { journal } = storage;
  const found = new Set<string>();
  for (const { image } of crashStates(journal, { from: journal.changes.length, ...options })) {
    const files = [...(image.get(DIRECTORY) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
    found.add(files.map(([name, content]) => `${name}=${Buffer.from(content).toString('latin1')}`).join(' '));
  }
  return [...found].sort();
}
