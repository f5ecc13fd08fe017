import type { StorageDirectory, StorageFile } from './storage-backend.ts';

/** Opens a file for `use` and closes it after that. Returns what `use` does; `undefined` if there is no such file. */
export function withFile<Result>(
  directory: StorageDirectory,
  name: string,
  access: 'read' | 'write',
  use: (file: StorageFile) => Result,
): Result | undefined {
  const file = directory.open(name, access);
  if (file === undefined) return undefined;
  try {
    return use(file);
  } finally {
    file.close();
  }
}
