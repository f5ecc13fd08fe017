import { attempt } from '../base/attempt.ts';
import { absolutePath } from '../storage/file-system.ts';
import type { StorageBackend } from '../storage/storage-backend.ts';

/** A cache that another `open` may close. */
interface Closable {
  close(): void;
}

/** The caches of this thread that were opened with `reopen`, by their storage and directory. */
interface Registry {
  /** Stands for the file system, as each copy of this module has a class of its own for it. */
  readonly files: object;
  readonly caches: WeakMap<object, Map<string, Closable>>;
}

/** A module that is loaded again finds the caches of the earlier copy of itself. */
const REGISTRY: unique symbol = Symbol.for('projection-cache/reopenable-caches') as never;

/** Closes the cache that this thread has opened in the same place with `reopen`. An error is ignored: it is closed in any case. */
export function closeReopenable(directory: string, storage: StorageBackend | undefined): void {
  attempt(
    () => cachesOf(storage).get(placeOf(directory, storage))?.close(),
    () => {},
  );
}

/** Lets a later `open` close `cache`. Returns a function that ends this. */
export function addReopenable(directory: string, storage: StorageBackend | undefined, cache: Closable): () => void {
  const caches = cachesOf(storage);
  const place = placeOf(directory, storage);
  caches.set(place, cache);
  return () => {
    if (caches.get(place) === cache) caches.delete(place);
  };
}

function cachesOf(storage: StorageBackend | undefined): Map<string, Closable> {
  const holder = globalThis as { [REGISTRY]?: Registry };
  holder[REGISTRY] ??= { files: {}, caches: new WeakMap() };
  const { files, caches } = holder[REGISTRY];
  const found = caches.get(storage ?? files) ?? new Map<string, Closable>();
  caches.set(storage ?? files, found);
  return found;
}

function placeOf(directory: string, storage: StorageBackend | undefined): string {
  return storage === undefined ? absolutePath(directory) : directory;
}
