import { assertOptions } from '../base/options.ts';
import { LogCache, type LogCacheOptions } from '../cache/log-cache.ts';
import { CacheElection, type Channel, type ElectionPlatform, workerLock } from './cache-election.ts';
import {
  type CacheAnswer,
  type CacheCall,
  type CachePort,
  failureOf,
  marked,
  messageOf,
  type PageMessage,
  transferOf,
  type WorkerMessage,
} from './cache-messages.ts';
import { HostedCache, type OpenedCache } from './hosted-cache.ts';
import { pageLocks } from './opfs-platform.ts';
import { OpfsStorage, type OpfsStorageOptions } from './opfs-storage.ts';

/** Options of `serveCache`; each has a default. */
export interface ServeCacheOptions {
  /** Options of the `LogCache`, such as `maxBytes` and `onEvent`. Its storage is set here. Default: none. */
  readonly cache?: Omit<LogCacheOptions, 'storage' | 'readOnly' | 'reopen'>;
  /** Options of the `OpfsStorage`. Default: none. */
  readonly storage?: OpfsStorageOptions;
  /** Where the page is. Default: the page or worker that started this worker. */
  readonly port?: CachePort;
}

/**
 * Serves the cache `name` of this origin to the `WorkerCache` of a page: the one line of a dedicated worker. All workers of
 * the origin that serve this name share one cache, which one of them has open, in the `OpfsStorage` of this name. When its
 * tab is closed or killed, another one opens it.
 *
 * It returns at once. A cache that cannot be opened rejects the calls of the page, and is tried again at the next one. Throws
 * `TypeError` for an unknown option and `StoreError` `IO` where the browser has no `navigator.locks`.
 *
 * @example
 * ```javascript
 * // cache-worker.js
 * import { serveCache } from 'projection-cache/browser';
 *
 * serveCache('projections');
 * ```
 */
export function serveCache(name: string, options: ServeCacheOptions = {}): void {
  assertOptions(options, 'options of serveCache', ['cache', 'storage', 'port']);
  const { port = globalThis as unknown as CachePort } = options;
  const platform: ElectionPlatform = {
    locks: pageLocks(),
    channel: (channel) => new (globalThis as unknown as ChannelGlobals).BroadcastChannel(channel),
    id: globalThis.crypto.randomUUID(),
  };
  serveOn(port, name, () => openCache(name, options), platform);
}

interface ChannelGlobals {
  readonly BroadcastChannel: new (name: string) => Channel;
}

async function openCache(name: string, options: ServeCacheOptions): Promise<OpenedCache> {
  const storage = await OpfsStorage.open(name, options.storage);
  try {
    const cache = LogCache.open(name, { ...options.cache, storage });
    const close = (): void => {
      try {
        cache.close();
      } finally {
        storage.close();
      }
    };
    return { cache, close };
  } catch (error) {
    storage.close();
    throw error;
  }
}

/** `serveCache` with any cache, on any platform. */
export function serveOn(
  port: CachePort,
  name: string,
  open: () => Promise<OpenedCache>,
  platform: ElectionPlatform,
): void {
  const lock = workerLock(platform.id);
  const send = (message: WorkerMessage, transfer: ArrayBuffer[] = []): void =>
    port.postMessage(marked(message), transfer);
  const answerWith = (answer: CacheAnswer): void => send({ kind: 'answer', answer }, transferOf(answer));
  let election: CacheElection | undefined;
  port.addEventListener('message', (event) => {
    const message = messageOf<PageMessage>(event);
    if (election === undefined || message === undefined) return;
    if (message.kind === 'hello') send({ kind: 'ready', lock });
    else void performOn(election, message.call).then(answerWith);
  });
  port.start?.();
  // Held until this worker ends.
  const hold = (): Promise<never> => {
    election = new CacheElection(name, new HostedCache(open), platform);
    send({ kind: 'ready', lock });
    return new Promise(() => {});
  };
  platform.locks.request(lock, {}, hold).catch(() => {});
}

async function performOn(election: CacheElection, call: CacheCall): Promise<CacheAnswer> {
  if (call.verb !== 'close') return await election.perform(call);
  try {
    await election.close();
    return { id: call.id };
  } catch (error) {
    return { id: call.id, failure: failureOf(error) };
  }
}
