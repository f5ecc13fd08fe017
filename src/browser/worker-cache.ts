import { assertBytes } from '../base/argument.ts';
import { StoreError } from '../base/store-error.ts';
import { CacheCapabilities } from '../contract/cache-capabilities.ts';
import type { CacheEntry, CacheMeta } from '../contract/cache-entry.ts';
import { assertMeta } from '../contract/meta-codec.ts';
import type { AsyncProjectionCache } from '../contract/projection-cache.ts';
import {
  type CacheAnswer,
  type CachePort,
  type CacheVerb,
  errorOf,
  marked,
  messageOf,
  type PageMessage,
  type WorkerMessage,
} from './cache-messages.ts';
import { pageLocks, type WebLocks } from './opfs-platform.ts';

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The cache of a worker that called `serveCache`, for its page. All tabs of the origin that name the same cache share one.
 *
 * What a call has resolved to is in the files of the browser: it outlives the end of any tab. Only what `sync` covered
 * outlives the end of the whole machine. Calls reject with the `StoreError` that the cache threw; with `CACHE_FAILED` if the
 * worker that was asked ended before it answered: then a put or a deletion may have taken effect or not.
 *
 * @example
 * ```javascript
 * import { WorkerCache } from 'projection-cache/browser';
 *
 * const worker = new Worker(new URL('./cache-worker.js', import.meta.url), { type: 'module' });
 * const cache = new WorkerCache(worker);
 * ```
 */
export class WorkerCache implements AsyncProjectionCache {
  readonly #port: CachePort;
  readonly #locks: WebLocks;
  readonly #pending = new Map<number, Pending>();
  /** Calls before the worker is ready. */
  #waiting: (() => void)[] | undefined = [];
  #calls = 0;
  #isClosed = false;
  #failure: StoreError | undefined;

  /**
   * `port`: the worker, or a port whose other end the worker passed to `serveCache`. `locks` is for tests without a browser.
   * Throws `TypeError` for another port, and `StoreError` `IO` where the browser has no `navigator.locks`.
   */
  constructor(port: CachePort, locks: WebLocks = pageLocks()) {
    if (typeof port?.postMessage !== 'function' || typeof port.addEventListener !== 'function') {
      throw new TypeError('port must be a Worker or a MessagePort');
    }
    this.#port = port;
    this.#locks = locks;
    port.addEventListener('message', (event) => this.#receive(messageOf<WorkerMessage>(event)));
    port.addEventListener('error', (event) => this.#scriptFailed(event));
    port.start?.();
    this.#send({ kind: 'hello' });
  }

  /** What this cache can do: it has no prefetch. */
  capabilities(): CacheCapabilities {
    return CacheCapabilities.none();
  }

  /** Resolves to the entry under `key`, `undefined` on a miss. Its value is your own. */
  async get(key: Uint8Array): Promise<CacheEntry | undefined> {
    assertBytes(key, 'key');
    return (await this.#call('get', [new Uint8Array(key)])) as CacheEntry | undefined;
  }

  /** Stores `value` and `meta` under `key`. */
  async put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): Promise<void> {
    assertBytes(key, 'key');
    assertBytes(value, 'value');
    assertMeta(meta);
    const { watermark, cachedAtUs } = meta;
    await this.#call('put', [new Uint8Array(key), new Uint8Array(value), { watermark, cachedAtUs }]);
  }

  /** Removes every entry whose key starts with `prefix`. Resolves to how many there were. */
  async deletePrefix(prefix: Uint8Array): Promise<number> {
    assertBytes(prefix, 'prefix');
    return (await this.#call('deletePrefix', [new Uint8Array(prefix)])) as number;
  }

  /** Resolves when everything accepted before the call is durable. */
  async sync(): Promise<void> {
    await this.#call('sync', []);
  }

  /**
   * Ends this tab's part: if its worker has the store open, it syncs and closes it, and another tab takes over. Resolves when
   * that is done; then terminate the worker. Later calls reject with `CLOSED`. Further calls of `close` do nothing.
   */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    const closing = this.#call('close', []);
    this.#isClosed = true;
    await closing;
  }

  #call(verb: CacheVerb, args: readonly unknown[]): Promise<unknown> {
    if (this.#isClosed) return Promise.reject(new StoreError('CLOSED', 'the cache is closed'));
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const id = this.#calls;
    this.#calls += 1;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      // The arguments are copies of this call, so they can be moved.
      const buffers = args.flatMap((arg) => (arg instanceof Uint8Array ? [arg.buffer as ArrayBuffer] : []));
      const send = (): void => this.#send({ kind: 'call', call: { id, verb, args } }, buffers);
      if (this.#waiting === undefined) send();
      else this.#waiting.push(send);
    });
  }

  #send(message: PageMessage, transfer: ArrayBuffer[] = []): void {
    this.#port.postMessage(marked(message), transfer);
  }

  #receive(message: WorkerMessage | undefined): void {
    if (message?.kind === 'answer') this.#settle(message.answer);
    if (message?.kind !== 'ready' || this.#waiting === undefined) return;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    for (const send of waiting) send();
    // The worker holds this lock until it ends: a worker that is terminated or killed sends no event.
    const ended = (): undefined => {
      this.#fail(new StoreError('CACHE_FAILED', 'the worker of the cache has ended: start another one'));
    };
    this.#locks.request(message.lock, {}, ended).catch(() => {});
  }

  #settle({ id, result, failure }: CacheAnswer): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (failure === undefined) pending?.resolve(result);
    else pending?.reject(errorOf(failure));
  }

  /** Before it is ready, an error means that the script of the worker could not be loaded or run. */
  #scriptFailed(event: unknown): void {
    if (this.#waiting === undefined) return;
    const { message = 'its script could not be loaded' } = event as { readonly message?: string };
    this.#fail(new StoreError('CACHE_FAILED', `the worker of the cache did not start: ${message}`));
  }

  #fail(failure: StoreError): void {
    this.#failure = failure;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(failure);
  }
}
