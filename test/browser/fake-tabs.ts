import type { Channel, ElectionPlatform } from '../../src/browser/cache-election.ts';
import type { OpenedCache } from '../../src/browser/hosted-cache.ts';
import { serveOn } from '../../src/browser/serve-cache.ts';
import { WorkerCache } from '../../src/browser/worker-cache.ts';
import { LogCache } from '../../src/cache/log-cache.ts';
import { FakeOrigin, type FakeWorker } from './fake-origin.ts';

const NAME = 'projections';

/** A tab: its page has a `WorkerCache`, its worker serves the cache. */
export interface FakeTab {
  readonly cache: WorkerCache;
  /** Ends the worker only, without any chance to clean up. */
  readonly killWorker: () => void;
}

export interface TabOptions {
  /** Replaces how the worker opens the cache. */
  readonly open?: (worker: FakeWorker) => Promise<OpenedCache>;
}

/** Tabs of one origin, with real channels and ports between them. */
export class FakeTabs {
  readonly origin: FakeOrigin = new FakeOrigin();
  readonly #ends: (() => void)[] = [];
  #tabs = 0;

  tab({ open = openCache }: TabOptions = {}): FakeTab {
    this.#tabs += 1;
    const { port1, port2 } = new MessageChannel();
    const worker = this.origin.worker();
    const channels: Channel[] = [];
    let isAlive = true;
    const platform: ElectionPlatform = {
      locks: worker.platform.locks,
      channel: (name) => {
        const channel = new BroadcastChannel(name) as unknown as Channel;
        channels.push(channel);
        return {
          postMessage: (message) => isAlive && channel.postMessage(message),
          addEventListener: (type, listener) => channel.addEventListener(type, listener),
          close: () => channel.close(),
        };
      },
      id: `${process.pid}-${Math.random()}-${this.#tabs}`,
    };
    serveOn(port2 as never, `${NAME}-${this.#id}`, () => open(worker), platform);
    const killWorker = (): void => {
      isAlive = false;
      worker.kill();
      port2.close();
      for (const channel of channels) channel.close();
    };
    this.#ends.push(killWorker, () => port1.close());
    return { cache: new WorkerCache(port1 as never, this.origin.locks.of({})), killWorker };
  }

  /** Ends everything, at the end of a test. */
  close(): void {
    for (const end of this.#ends) end();
  }

  /** Channels of other tests in this process have other names. */
  readonly #id: number = Math.random();
}

export async function openCache(worker: FakeWorker): Promise<OpenedCache> {
  const storage = await worker.open(NAME);
  const cache = LogCache.open(NAME, { storage });
  const close = (): void => {
    cache.close();
    storage.close();
  };
  return { cache, close };
}
