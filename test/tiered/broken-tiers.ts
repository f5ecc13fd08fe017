import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TieredCache } from '../../src/tiered/tiered-cache.ts';
import { type BrokenEngine, writeModules } from '../engines/engine-source.ts';
import { moduleClosure } from '../engines/module-closure.ts';
import { edited } from '../engines/source-edit.ts';

/** Mistakes of a `TieredCache`: a machine reads what it must not, or never again what it should. */
export const BROKEN_TIERS: readonly BrokenEngine[] = [
  {
    fault: 'a call under way stores what another machine has deleted meanwhile',
    edits: [
      { find: 'this.#calls.changed(prefix); this.#reads.forget(prefix);', replace: 'this.#reads.forget(prefix);' },
      { find: '!call.isVoid && epoch >= this.#local.epoch', replace: '!call.isVoid' },
    ],
  },
  {
    fault: 'a local entry is used however long ago the deletions were read',
    edits: [{ find: 'this.#checkedAtMs !== undefined && ageMs <= $max', replace: 'this.#checkedAtMs !== undefined' }],
  },
  {
    fault: 'the epoch is stored before the deletions',
    edits: [
      {
        find: 'for (const $prefix of $prefixes) $cache.deletePrefix($prefix); if ($due) this.#storeMark();',
        replace: 'if ($due) this.#storeMark(); for (const $prefix of $prefixes) $cache.deletePrefix($prefix);',
      },
    ],
  },
  {
    fault: 'the list of deletions counts as read when its answer arrives',
    edits: [{ find: 'this.#checkedAtMs = atMs;', replace: 'this.#checkedAtMs = nowMs();' }],
  },
  {
    fault: 'a reading joins one from before a put of this machine',
    edits: [{ find: 'this.#reads.forget(key);', replace: '' }],
  },
  {
    fault: 'a reading joins one of any age',
    edits: [{ find: '$other !== undefined && $began - $other.beganAtMs <= $max', replace: '$other !== undefined' }],
  },
  {
    fault: 'a call that began in the middle of a deletion stores its result',
    edits: [
      { find: '[...this.#deletions].some(($each) => $starts)', replace: 'false' },
      { find: 'this.#deletions.delete(deletion); this.changed(prefix);', replace: 'this.#deletions.delete(deletion);' },
      {
        find: 'end(); this.#reads.forget(prefix); this.#local.deletePrefix(prefix);',
        replace: 'end(); this.#reads.forget(prefix);',
      },
    ],
  },
  {
    fault: 'a local cache that could not remove an entry is used nevertheless',
    edits: [{ find: 'this.#mustEmpty = true;', replace: '' }],
  },
  {
    fault: 'a local cache that failed is never used again',
    edits: [
      { find: '$known && !this.#mustEmpty ? $prefixes : [EVERYTHING]', replace: '$known ? $prefixes : [EVERYTHING]' },
      { find: 'this.#mustEmpty = false;', replace: '' },
    ],
  },
  {
    fault: 'an entry that a machine has rejected stays in its local cache',
    edits: [{ find: '$isStored || $basis?.replaces !== undefined', replace: '$isStored' }],
  },
  {
    fault: 'an older entry stays in the local cache when that cannot store a newer one',
    edits: [{ find: 'if (!this.#store(key, entry)) this.remove(key);', replace: 'this.#store(key, entry);' }],
  },
  {
    fault: 'of two puts under way the older one may stay in the local cache',
    edits: [{ find: 'this.#calls.changed(key);', replace: '' }],
  },
];

const ENTRY = 'tiered/tiered-cache';

/** Builds a `TieredCache` with mistakes in a separate folder and loads it. */
export async function brokenTiers({ edits }: BrokenEngine): Promise<typeof TieredCache> {
  const closure = moduleClosure([`src/${ENTRY}.ts`]);
  const sources = new Map([...closure].map(([path, text]) => [path.slice('src/'.length), text]));
  const directory = mkdtempSync(join(tmpdir(), 'projection-cache-tiers-'));
  try {
    writeModules(directory, edited(sources, edits));
    const built: unknown = await import(pathToFileURL(join(directory, `${ENTRY}.js`)).href);
    return (built as { TieredCache: typeof TieredCache }).TieredCache;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
