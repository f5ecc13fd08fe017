import { setImmediate } from 'node:timers/promises';
import { LogCache } from '../../src/index.ts';
import { FaultStorage } from '../../src/testing/index.ts';

/** The directory of every store that is drawn. */
export const DIRECTORY = 'store';

/** Of all entries that are drawn: 41 events, and the time that the bytes in docs/format.md have too. */
export const META = { watermark: 41n, cachedAtUs: 1_700_000_000_000_000n } as const;

/** A store in memory whose files can be looked at. */
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

/** Resolves when the turn of the event loop has ended, and what it left to be written has been. */
export async function endOfTurn(): Promise<void> {
  await setImmediate();
  await setImmediate();
}
