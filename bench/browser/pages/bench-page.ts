import { BrowserLevelPeer, IdbKeyvalPeer, IndexedDbPeer } from './indexed-db-peers.ts';
import { type Figures, measure } from './measure.ts';
import { WorkerCachePeer } from './our-peers.ts';

/** The stores that are used from the page. */
const peers: Readonly<Record<string, new () => WorkerCachePeer | IndexedDbPeer>> = {
  WorkerCache: WorkerCachePeer,
  IndexedDB: IndexedDbPeer,
  'idb-keyval': IdbKeyvalPeer as never,
  'browser-level': BrowserLevelPeer as never,
};

interface PageGlobals {
  runScenario(name: string, args: readonly [entries: number, seed: number]): Promise<Figures>;
}

(globalThis as unknown as PageGlobals).runScenario = async (name, [entries, seed]) => {
  const Peer = peers[name];
  return Peer === undefined ? await inWorker(name, entries, seed) : await measure(new Peer(), entries, seed);
};

function inWorker(name: string, entries: number, seed: number): Promise<Figures> {
  const worker = new Worker('/peer-worker.js', { type: 'module' });
  return new Promise<Figures>((resolve, reject) => {
    worker.addEventListener('message', ({ data }: MessageEvent<{ figures: Figures; error?: string }>) => {
      if (data.error === undefined) resolve(data.figures);
      else reject(new Error(data.error));
    });
    worker.addEventListener('error', ({ message }) => reject(new Error(message)));
    worker.postMessage({ name, entries, seed });
  }).finally(() => worker.terminate());
}
