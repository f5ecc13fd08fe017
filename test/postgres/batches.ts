import type { CacheMeta } from '../../src/contract/cache-entry.ts';
import { utf8 } from './server-fixtures.ts';
import { shuffled } from './shuffled.ts';

/** All batches have the same keys. */
export const KEYS_OF_BATCH = 200;

type Entries = (readonly [key: Uint8Array, value: Uint8Array, meta: CacheMeta])[];

/** A batch in an order of its own, which has each key twice: with this watermark, and with an older time. */
export function batchOf(seed: number, watermark: bigint): Entries {
  const ids = Array.from({ length: KEYS_OF_BATCH }, (_, id) => id);
  const entries = ids.flatMap((id): Entries => {
    const key = utf8(`order:${id % 50}\0${id}`);
    return [
      [key, utf8(`${watermark}`), { watermark, cachedAtUs: 1n }],
      [key, utf8('older'), { watermark, cachedAtUs: 0n }],
    ];
  });
  return shuffled(entries, seed);
}
