import { brokenAnswers } from './broken-answers.ts';
import type { BrokenCache } from './broken-cache.ts';
import { brokenCounts } from './broken-counts.ts';
import { brokenKeys } from './broken-keys.ts';
import { brokenMemories } from './broken-memories.ts';
import { brokenOverlaps } from './broken-overlaps.ts';
import { brokenOwnership } from './broken-ownership.ts';
import { brokenPersistentCaches } from './broken-persistent-caches.ts';
import { brokenPrefixes } from './broken-prefixes.ts';
import { brokenValues } from './broken-values.ts';

/** Caches with one fault each, as a simple implementation over a database, a file per key or a `Map` may have it. */
export const brokenCaches: readonly BrokenCache[] = [
  ...brokenKeys,
  ...brokenValues,
  ...brokenMemories,
  ...brokenPrefixes,
  ...brokenCounts,
  ...brokenOwnership,
  ...brokenAnswers,
  ...brokenOverlaps,
  ...brokenPersistentCaches,
];
