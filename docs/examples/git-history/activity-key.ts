const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Every file's key begins so, and no directory's: a range with this prefix finds the files alone, sorted by path. */
export const filePrefix: string = 'file:';
const directoryPrefix = 'directory:';

/** The root of the repository, which every event changes. */
export const rootKey: Uint8Array = encoder.encode(`${directoryPrefix}/`);

/**
 * The keys of the projections that a change of the file at `path` belongs to: of the file, of each directory above it
 * from the nearest to the farthest, and of the root last. `src/log/page.ts` has
 *
 *     file:src/log/page.ts   directory:src/log/   directory:src/   directory:/
 *
 * The slash that ends a directory keeps `src` and `src2` apart, also for whoever deletes or lists by prefix.
 */
export function* activityKeys(path: string): Generator<Uint8Array, void> {
  yield encoder.encode(filePrefix + path);
  for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
    yield encoder.encode(directoryPrefix + path.slice(0, slash + 1));
  }
  yield rootKey;
}

/** The path in the key of a file. */
export function pathOfFile(key: Uint8Array): string {
  return decoder.decode(key).slice(filePrefix.length);
}
