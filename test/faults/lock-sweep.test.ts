/*
 * Why this test: for the sweep over a storage in memory, the lock is two calls: lock and release. On a disk each of
 * them is a dozen calls, and one that failed midway left a lock without an owner that could not be taken over. So here
 * every call from opening a cache to closing it fails, once or from then on, before or after it takes effect.
 * Afterwards nothing may be open, and the directory must be unlocked: for every process, or at least for this one if
 * the lock could not be removed.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { LogCache, type LogCacheOptions } from '../../src/cache/log-cache.ts';
import { encodeLockOwner } from '../../src/storage/lock-owner.ts';
import { nodePlatform } from '../../src/storage/node-fs.ts';
import { NodeStorage } from '../../src/storage/node-storage.ts';
import { NodeProcessProbe } from '../../src/storage/process-identity.ts';
import { someMeta, temporaryDirectory, utf8, valueText } from '../cache/cache-fixtures.ts';
import { nonceOf } from '../storage/lock-simulation.ts';
import { FaultyFs, type FsFault, faultsOf, hastyPlatform } from './faulty-fs.ts';

// A second instance of the code knows only what another thread of the process would know: what is on the disk.
vi.resetModules();
const elsewhere: typeof LogCache = (await import('../../src/cache/log-cache.ts')).LogCache;

const [STALE, GUARD] = [nonceOf(0xdead), nonceOf(0xdeae)];

/** The files of a closed cache with one entry, and, before it was opened, the lock files that a killed process left. */
function filesOfStore(options: { readonly stale: boolean }): Map<string, Uint8Array> {
  const directory = temporaryDirectory();
  const cache = LogCache.open(directory);
  cache.put('order:1', utf8('state'), someMeta);
  cache.close();
  if (options.stale) {
    const killed = { ...new NodeProcessProbe(nodePlatform()).identity(), pid: spawnSync('true').pid, startTime: '1' };
    const left = (nonce: string): string => encodeLockOwner({ ...killed, nonce, since: '', localVolume: true });
    fs.writeFileSync(join(directory, 'LOCK'), left(STALE));
    fs.writeFileSync(join(directory, `LOCK.${STALE}`), left(GUARD));
  }
  return new Map(fs.readdirSync(directory).map((name) => [name, fs.readFileSync(join(directory, name))]));
}

function attempt(task: () => unknown): boolean {
  try {
    task();
    return true;
  } catch (error) {
    expect(error).toMatchObject({ name: 'StoreError', code: expect.stringMatching(/^(IO|POISONED|LOCKED)$/) });
    return false;
  }
}

/** Opens, uses and closes a cache; returns it if it was opened and could not be closed without an error. */
function useOnce(directory: string, faulty: FaultyFs, options: LogCacheOptions): LogCache | undefined {
  const opened: LogCache[] = [];
  const storage = new NodeStorage(faulty.platform);
  attempt(() => opened.push(LogCache.open(directory, { ...options, storage })));
  const [cache] = opened;
  attempt(() => cache?.put('order:2', utf8('other'), someMeta));
  // Needs all of the index, so that `close` writes its image.
  attempt(() => cache?.deletePrefix('invoice:'));
  attempt(() => cache?.sync());
  return attempt(() => cache?.close()) ? undefined : cache;
}

/** The remaining lock files must keep out neither this thread nor another. */
function openAndRead(opener: typeof LogCache, directory: string): void {
  const cache = opener.open(directory, { storage: new NodeStorage(hastyPlatform) });
  expect(valueText(cache, 'order:1')).toBe('state');
  cache.close();
}

/** What the cache is opened on and with. */
interface Setting {
  readonly linked: boolean;
  readonly options: LogCacheOptions;
  /** One fault in so many is tried; default: each. */
  readonly sample?: number;
}

/** Each look at the clock finds that a lease of 1,000 ms has ended. */
const clockStepMs = 1_000;
const lease: LogCacheOptions = { lock: { leaseMs: 1_000 }, waitForLockMs: 0 };

type Remedy = 'none' | 'open here' | 'close again';

function layOut(files: ReadonlyMap<string, Uint8Array>, directory: string): void {
  fs.mkdirSync(directory);
  for (const [name, content] of files) fs.writeFileSync(join(directory, name), content);
}

function runWith(fault: FsFault, remedy: Remedy, directory: string, { linked, options }: Setting): void {
  const faulty = new FaultyFs({ linked, clockStepMs });
  faulty.fault = fault;
  const half = useOnce(directory, faulty, options);
  expect([...faulty.openDescriptors.values()]).toEqual([]);
  faulty.fault = undefined;
  if (remedy === 'close again' && half !== undefined) half.close();
  else if (remedy !== 'none') openAndRead(LogCache, directory);
  openAndRead(elsewhere, directory);
}

const settings: readonly (readonly [name: string, stale: boolean, setting: Setting, callsMin: number])[] = [
  ['a free lock', false, { linked: true, options: {} }, 50],
  ['a stale lock under a dead guard', true, { linked: true, options: {} }, 75],
  ['a free lock without links', false, { linked: false, options: {} }, 50],
  [
    'a lease that is renewed under its guard before each write',
    false,
    { linked: true, options: lease, sample: 4 },
    100,
  ],
];

test.each(settings)(
  'whatever fails from opening to closing, the directory is unlocked afterwards: %s',
  (_name, stale, setting, callsMin) => {
    const files = filesOfStore({ stale });
    const directory = join(temporaryDirectory(), 'store');
    layOut(files, directory);
    const dry = new FaultyFs({ linked: setting.linked, clockStepMs });
    expect(useOnce(directory, dry, setting.options)).toBeUndefined();
    expect(dry.calls.length).toBeGreaterThanOrEqual(callsMin);
    for (const [at, fault] of faultsOf(dry.calls).entries()) {
      if (at % (setting.sample ?? 1) > 0) continue;
      for (const remedy of fault.lasting ? (['open here', 'close again'] as const) : (['none'] as const)) {
        fs.rmSync(directory, { recursive: true });
        layOut(files, directory);
        try {
          runWith(fault, remedy, directory, setting);
        } catch (error) {
          throw new Error(`${JSON.stringify({ ...fault, remedy })}: ${String(error)}`, { cause: error });
        }
      }
    }
  },
);
