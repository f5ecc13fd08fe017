import type { CacheEntry, CacheMeta } from '../../src/contract/cache-entry.ts';
import { type CacheReading, isNewer, type PutBasis, type SharedDeletions } from '../../src/contract/cache-reading.ts';
import type { SharedProjectionCache } from '../../src/contract/projection-cache.ts';
import { MapCache } from '../conformance/map-cache.ts';

/** The contents that several `MemorySharedCache`s share, as machines share a server. */
export class SharedContents {
  readonly entries: MapCache;
  readonly deletions: { readonly epoch: bigint; readonly prefix: Uint8Array }[] = [];
  readonly listeners: Set<() => void> = new Set();
  identity = 'contents-1';
  epoch = 0n;
  /** The oldest epoch from which the deletions are known. */
  knownFrom = 0n;

  constructor(entries: MapCache = new MapCache()) {
    this.entries = entries;
  }
}

/**
 * A shared cache in memory that follows the rules of `SharedProjectionCache`. A test can make it fail, lose notifications, and
 * hold its calls back until it says so.
 */
export class MemorySharedCache implements SharedProjectionCache {
  readonly contents: SharedContents;
  isDown = false;
  losesNotifications = false;
  /** How often each method was called. */
  readonly calls: Record<string, number> = {};
  /** Awaited by each call before it takes effect, and after that. */
  before: () => Promise<unknown> = () => Promise.resolve();
  after: () => Promise<unknown> = () => Promise.resolve();

  constructor(contents: SharedContents = new SharedContents()) {
    this.contents = contents;
  }

  capabilities(): ReturnType<SharedProjectionCache['capabilities']> {
    return { supportsPrefetch: true, isNoop: false };
  }

  async get(key: Uint8Array): Promise<CacheEntry | undefined> {
    return (await this.readWithEpoch(key)).entry;
  }

  readWithEpoch(key: Uint8Array): Promise<CacheReading> {
    const own = new Uint8Array(key);
    return this.call('readWithEpoch', () => {
      const { entries, epoch } = this.contents;
      return { entry: entries.get(own), epoch, hasFartherTier: false };
    });
  }

  put(key: Uint8Array, value: Uint8Array, meta: CacheMeta, basis?: PutBasis): Promise<boolean> {
    const [ownKey, ownValue, ownMeta] = [new Uint8Array(key), new Uint8Array(value), { ...meta }];
    return this.call('put', () => {
      const { entries, deletions } = this.contents;
      const isCovered = ({ epoch, prefix }: { epoch: bigint; prefix: Uint8Array }): boolean =>
        basis !== undefined && epoch > basis.epoch && prefix.every((byte, at) => ownKey[at] === byte);
      if (deletions.some(isCovered)) return false;
      const other = entries.get(ownKey)?.meta;
      const { replaces } = basis ?? {};
      const isReplaced =
        other !== undefined && replaces?.watermark === other.watermark && replaces.cachedAtUs === other.cachedAtUs;
      if (other !== undefined && !isReplaced && !isNewer(ownMeta, other)) return false;
      entries.put(ownKey, ownValue, ownMeta);
      return true;
    });
  }

  deletePrefix(prefix: Uint8Array): Promise<number> {
    const own = new Uint8Array(prefix);
    return this.call('deletePrefix', () => {
      const { contents } = this;
      contents.epoch += 1n;
      contents.deletions.push({ epoch: contents.epoch, prefix: own });
      for (const listener of contents.listeners) listener();
      return contents.entries.deletePrefix(own);
    });
  }

  sync(): Promise<void> {
    return this.call('sync', () => {});
  }

  prefetch(): Promise<void> {
    return this.call('prefetch', () => {});
  }

  deletionsSince(since: bigint): Promise<SharedDeletions> {
    return this.call('deletionsSince', () => {
      const { identity, epoch, deletions, knownFrom } = this.contents;
      const isKnown = since >= knownFrom && since <= epoch;
      const prefixes = deletions.filter((deletion) => deletion.epoch > since).map(({ prefix }) => prefix);
      return { identity, epoch, prefixes: isKnown ? prefixes : undefined };
    });
  }

  watchDeletions(onDeletion: () => void): Promise<() => Promise<void>> {
    const listener = (): void => {
      if (!this.losesNotifications) onDeletion();
    };
    return this.call('watchDeletions', () => {
      this.contents.listeners.add(listener);
      return () => Promise.resolve(void this.contents.listeners.delete(listener));
    });
  }

  protected async call<Result>(name: string, act: () => Result): Promise<Result> {
    this.calls[name] = (this.calls[name] ?? 0) + 1;
    if (this.isDown) throw new Error('the shared cache is down');
    await this.before();
    const result = act();
    await this.after();
    return result;
  }
}
