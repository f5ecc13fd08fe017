const filePrefix = 'file:';
const directoryPrefix = 'directory:';

/** The stream of the root of the repository, which every event changes. */
const rootStream: string = `${directoryPrefix}/`;

/**
 * The streams that a change of the file at `path` belongs to: of the file, of each directory above it from the nearest to
 * the farthest, and of the root last. `src/log/page.ts` has
 *
 *     file:src/log/page.ts   directory:src/log/   directory:src/   directory:/
 */
export function* activityStreams(path: string): Generator<string, void> {
  yield filePrefix + path;
  for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
    yield directoryPrefix + path.slice(0, slash + 1);
  }
  yield rootStream;
}

/** The path of the stream of a file; `undefined` for the stream of a directory. */
export function pathOfFile(stream: string): string | undefined {
  return stream.startsWith(filePrefix) ? stream.slice(filePrefix.length) : undefined;
}
