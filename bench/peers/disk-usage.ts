import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const blockBytes = 512;

/** The bytes that the files below a directory use on disk; holes use none. */
export function diskBytes(directory: string): number {
  let bytes = 0;
  for (const entry of readdirSync(directory, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name)).blocks * blockBytes;
  }
  return bytes;
}
