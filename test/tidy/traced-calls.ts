/* Prints, as JSON, the modules that each of the calls of `call-paths.test.ts` enters. */
import { CacheCapabilities, type CacheEntry, LogCache, type ProjectionCache, Projector } from '../../src/index.ts';
import { FaultStorage } from '../../src/testing/index.ts';
import { MemoryLog } from '../projection/memory-log.ts';
import { totals } from '../projection/totals.ts';
import { CallTrace } from './call-trace.ts';

const META = { watermark: 1n, cachedAtUs: 0n };
const VALUE: Uint8Array = new Uint8Array(100);
/** More than a page holds: as in nearly every call, the page of the traced put and get was begun by this instance. */
const ENTRIES = 1000;

const trace: CallTrace = new CallTrace();

/** A put and a get of a store with a thousand entries, and its opening after a crash. */
async function storeCalls(): Promise<Record<string, string[]>> {
  // A storage for tests: the platform behind the seam is not part of the path.
  const storage = new FaultStorage();
  let cache = LogCache.open('store', { storage });
  for (let i = 0; i < 100; i += 1) cache.put(`key:${i}`, VALUE, META);
  cache.close();
  // From now on there is an image of the index, and records that it does not cover.
  cache = LogCache.open('store', { storage });
  // Reads all of the index image, as a process that runs soon has.
  if (cache.keys().next().done === true) throw new Error('the entries are missing');
  for (let i = 100; i < ENTRIES; i += 1) cache.put(`key:${i}`, VALUE, META);
  cache.sync();
  const put = await trace.modulesOf(() => cache.put('a new key', VALUE, META));
  const get = await trace.modulesOf(() => cache.get('a new key'));
  // In a later turn the puts are written, but not synced: a tail to recover.
  await new Promise((resolve) => setTimeout(resolve, 20));
  storage.killProcess();
  const open = await trace.modulesOf(() => LogCache.open('store', { storage }));
  return { put, get, open };
}

/** A projection whose cached state is current, and one that has an event to fold. */
async function projectCalls(): Promise<Record<string, string[]>> {
  const source = new MemoryLog();
  // The path within a real cache is traced above.
  const entries = new Map<string, CacheEntry>();
  const cache: ProjectionCache = {
    capabilities: () => CacheCapabilities.none(),
    get: (key) => entries.get(key.join()),
    put: (key, value, meta) => entries.set(key.join(), { value, meta }),
    deletePrefix: () => 0,
    sync: () => {},
  };
  const projector = new Projector({ cache, source });
  source.append('order:1', 5);
  projector.project(totals, 'order:1');
  const projectHit = await trace.modulesOf(() => projector.project(totals, 'order:1'));
  source.append('order:1', 7);
  const project = await trace.modulesOf(() => projector.project(totals, 'order:1'));
  return { projectHit, project };
}

await trace.start();
process.stdout.write(JSON.stringify({ ...(await storeCalls()), ...(await projectCalls()) }));
