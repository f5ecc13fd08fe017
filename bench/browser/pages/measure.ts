import { seededRandom } from '../../../src/testing/index.ts';
import type { Entry, Peer } from './peer.ts';

/** What was measured: operations a second, and milliseconds for `open`. Absent: the store does not offer it. */
export interface Figures {
  readonly load: number;
  readonly get: number;
  readonly miss: number;
  readonly put: number;
  readonly putDurable?: number;
  readonly scan?: number;
  readonly deletePrefix: number;
  readonly openMs: number;
}

const VALUE_BYTES = 256;
const ENTRIES_A_STREAM = 10;
const GETS = 2000;
const PUTS = 1000;
const DURABLE_PUTS = 100;
const DELETIONS = 20;

/** Runs the whole work on one store: it is removed before and after. */
export async function measure(peer: Peer, count: number, seed: number): Promise<Figures> {
  const random = seededRandom(seed);
  const entries = shuffled(count, random);
  const keyAt = (): string => (entries[random() % count] as Entry)[0];
  await peer.open();
  const load = await rate(count, () => peer.load(entries));
  await peer.close();
  const begun = performance.now();
  await peer.open();
  await found(peer, keyAt());
  const openMs = performance.now() - begun;
  const get = await rate(GETS, () => repeat(GETS, () => found(peer, keyAt())));
  const miss = await rate(GETS, () => repeat(GETS, (at) => peer.get(`none:${at}`)));
  const put = await rate(PUTS, () => repeat(PUTS, () => peer.put(keyAt(), randomValue(random))));
  const durably = (): Promise<void> => peer.putDurable?.(keyAt(), randomValue(random)) ?? Promise.resolve();
  const putDurable =
    peer.putDurable === undefined ? undefined : await rate(DURABLE_PUTS, () => repeat(DURABLE_PUTS, durably));
  const scan = peer.scan === undefined ? undefined : await rate(count, () => scanned(peer, count));
  const streams = Math.floor(count / ENTRIES_A_STREAM);
  const removeOne = (at: number): Promise<void> => peer.deletePrefix(streamOf((at * 7919) % streams));
  const deletePrefix = await rate(DELETIONS, () => repeat(DELETIONS, removeOne));
  await peer.close();
  await peer.remove();
  const optional = { ...(putDurable === undefined ? {} : { putDurable }), ...(scan === undefined ? {} : { scan }) };
  return { load, get, miss, put, deletePrefix, openMs, ...optional };
}

function streamOf(stream: number): string {
  return `order:${String(stream).padStart(12, '0')}:`;
}

function shuffled(count: number, random: () => number): Entry[] {
  const entries = Array.from({ length: count }, (_, at): Entry => {
    const name = `projection-${at % ENTRIES_A_STREAM}`;
    return [`${streamOf(Math.floor(at / ENTRIES_A_STREAM))}${name}`, randomValue(random)];
  });
  for (let at = count - 1; at > 0; at -= 1) {
    const other = random() % (at + 1);
    [entries[at], entries[other]] = [entries[other] as Entry, entries[at] as Entry];
  }
  return entries;
}

function randomValue(random: () => number): Uint8Array {
  return new Uint8Array(VALUE_BYTES).fill(random() & 0xff);
}

async function found(peer: Peer, key: string): Promise<void> {
  const value = await peer.get(key);
  if (value?.length !== VALUE_BYTES) throw new Error(`${key} was not found`);
}

async function scanned(peer: Peer, count: number): Promise<void> {
  const seen = await peer.scan?.();
  if (seen !== count) throw new Error(`a scan found ${seen} of ${count}`);
}

async function repeat(count: number, task: (at: number) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < count; at += 1) await task(at);
}

/** Operations a second. */
async function rate(count: number, task: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await task();
  return (count * 1000) / (performance.now() - begun);
}
