import { errnoOf } from '../base/store-error.ts';
import type { NodePlatform } from './node-fs.ts';

const REFUSALS: ReadonlySet<string | undefined> = new Set(['EPERM', 'EACCES']);

/**
 * Whether the file at `path` was removed while a process had it open, as on Windows: until that process closes it the name
 * remains, so that no other file can have it, and everything else about it is refused. Such a file does not exist. Newer
 * versions of Node free the name at once, but not on every file system.
 *
 * It must not be mistaken for a file without permission, whose entries would be forgotten: Windows lets whoever may list a
 * directory inspect every file in it, so a file that is listed and cannot be inspected is one that was removed.
 */
export function isRemovalPending({ fs, path: paths, process }: NodePlatform, path: string): boolean {
  if (process.platform !== 'win32') return false;
  try {
    fs.lstatSync(path);
    return false;
  } catch (error) {
    return REFUSALS.has(errnoOf(error)) && fs.readdirSync(paths.dirname(path)).includes(paths.basename(path));
  }
}
