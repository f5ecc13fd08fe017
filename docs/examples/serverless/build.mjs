/**
 * Folds the states that are shipped with the function, before a deployment: `node build.mjs` writes the folder `states` beside
 * this file. It starts from nothing, so that the folder contains one log without dead records, its image, and no lock.
 */
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { LogCache, Projector } from 'projection-cache';
import { orderTotal, source, streams } from './orders.mjs';

const directory = fileURLToPath(new URL('states', import.meta.url));
rmSync(directory, { recursive: true, force: true });

const cache = LogCache.open(directory);
const projector = new Projector({ cache, source });
for (const stream of streams()) projector.project(orderTotal, stream);
console.log(`${cache.size} states in ${cache.stats().logBytes} bytes`);
cache.close();
