/**
 * A function for a serverless platform: `handler({ path: '/order/507' })` answers from a projection. Its states are in two
 * places:
 *
 * - `states`, built by build.mjs and shipped with this file. It is opened with `readOnly`, and nothing is written to it.
 * - A folder in the temporary directory, for what this instance has folded since. It may be new, or left by an instance that
 *   was killed. Where it cannot be used, because the disk is full or another instance has it open, memory takes its place.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CacheCapabilities, LogCache, MemoryStorage, Projector, StoreError } from 'projection-cache';
import { orderTotal, source } from './orders.mjs';

const limits = { maxBytes: 32 * 1024 * 1024, pageCacheBytes: 8 * 1024 * 1024 };
const log = (what, details) => console.error(JSON.stringify({ what, details }));

/** What the deployment brought, behind what this instance has folded. A projector compares the watermark of either with the head. */
class InstanceCache {
  #shipped = LogCache.open(fileURLToPath(new URL('states', import.meta.url)), { readOnly: true });
  #mustReopen = false;
  #own = openOwn((event) => this.#observe(event));

  capabilities() {
    return CacheCapabilities.none();
  }

  get(key) {
    return this.#own.get(key) ?? this.#shipped.get(key);
  }

  put(key, value, meta) {
    if (this.#mustReopen) this.#reopen();
    this.#own.put(key, value, meta);
  }

  /** The shipped states cannot be removed, and a key that comes back after its removal would be a lie. */
  deletePrefix() {
    throw new Error('shipped states cannot be removed: raise the version of the projection, and deploy');
  }

  sync() {
    this.#own.sync();
  }

  /** Resolves when what was put is on the disk. What fails is logged: the states are folded again. */
  async flush() {
    await this.#own.syncAsync().catch((error) => log('not kept', error));
  }

  /** After a freeze the folder may be gone, or belong to another instance. */
  #reopen() {
    this.#mustReopen = false;
    try {
      this.#own.close();
    } catch (error) {
      log('closed', error);
    }
    this.#own = openOwn((event) => this.#observe(event));
  }

  #observe(event) {
    log('cache', event);
    if (event.type === 'poisoned') this.#mustReopen = true;
  }
}

function openOwn(onEvent) {
  try {
    return LogCache.open(join(tmpdir(), 'order-states'), { ...limits, onEvent });
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    log('states are kept in memory', error);
    return LogCache.open('order-states', { ...limits, onEvent, storage: new MemoryStorage() });
  }
}

// Outside of the handler: this runs once for each instance, at its cold start.
const cache = new InstanceCache();
const onCacheFailure = (failure) => log('cache failure', failure);
const projector = new Projector({ cache, source, onCacheFailure });

export async function handler({ path }) {
  const [, kind, id] = path.split('/');
  if (kind !== 'order' || !id) return { statusCode: 404, body: '{}' };
  const { state, report } = projector.projectWithReport(orderTotal, `order:${id}`);
  // The platform may freeze this process as soon as it has the answer, and never thaw it.
  if (report.outcome !== 'hit') await cache.flush();
  if (state === undefined) return { statusCode: 404, body: '{}' };
  return {
    statusCode: 200,
    body: JSON.stringify({ ...state, outcome: report.outcome, eventsRead: report.eventsRead }),
  };
}
