// A cache in a directory, on Node, without projections.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LogCache } from 'projection-cache';

const directory = mkdtempSync(join(tmpdir(), 'bundled-'));
const cache = LogCache.open(directory);
cache.put('order:507', Uint8Array.of(5, 0, 7), { watermark: 1042n, cachedAtUs: 0n });
cache.close();

const reopened = LogCache.open(directory);
const { value, meta } = reopened.get('order:507');
console.log(`${value.join('')} ${meta.watermark} ${reopened.stats().recovery.imageUsed}`);
reopened.close();
rmSync(directory, { recursive: true });
