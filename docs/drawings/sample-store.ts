import { setImmediate } from 'node:timers/promises';
import { LogCache } from '../../src/index.ts';
import { FaultStorage } from '../../src/testing/index.ts';

/** The directory of every store in the drawings. */
export const DIRECTORY = 'store';

/** The meta of all entries in the drawings: 41 events, and the same time as the bytes in docs/format.md. */
export const META = { watermark: 41n, cachedAtUs: 1_700_000_000_000_000n } as const;

/** A store in memory whose files can be read. */
export function sampleStore(): { readonly storage: FaultStorage; readonly cache: LogCache } {
  const storage = new FaultStorage();
  return { storage, cache: LogCache.open(DIRECTORY, { storage }) };
}

/** The bytes of a file as they are now. */
export function fileBytes(storage: FaultStorage, name: string): Uint8Array {
  const bytes = storage.image().get(DIRECTORY)?.get(name);
  if (bytes === undefined) throw new Error(`there is no ${name}`);
  return bytes;
}

/** Resolves when the turn of the event loop has ended and its deferred writes are done. */
export async function endOfTurn(): Promise<void> {
  await setImmediate();
  await setImmediate();
}
