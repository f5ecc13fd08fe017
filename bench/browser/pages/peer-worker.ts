import { measure } from './measure.ts';
import { LogCachePeer } from './our-peers.ts';
import { SqlitePeer } from './sqlite-peer.ts';

/** The stores that are used in a worker: synchronously, as their callers there would. */
const peers = { 'LogCache in a worker': LogCachePeer, 'SQLite (wasm) in a worker': SqlitePeer };

interface Work {
  readonly name: keyof typeof peers;
  readonly entries: number;
  readonly seed: number;
}

const scope = globalThis as unknown as Worker;

scope.addEventListener('message', ({ data: { name, entries, seed } }: MessageEvent<Work>) => {
  measure(new peers[name](), entries, seed).then(
    (figures) => scope.postMessage({ figures }),
    (error: unknown) => scope.postMessage({ error: String(error instanceof Error ? error.stack : error) }),
  );
});
