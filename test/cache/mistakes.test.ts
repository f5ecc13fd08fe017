/*
 * What new users tried by mistake, and got no answer to: a misspelt option was ignored, a prefix in place of a range listed
 * everything, a constructor failed with a message about private fields. Each mistake must be named, with what to do.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { AsyncProjector, Freshness, LogCache, MemoryStorage, NoCache, Projector } from '../../src/index.ts';
import { MemoryLog } from '../projection/memory-log.ts';
import { totals } from '../projection/totals.ts';
import { builtScript } from '../scripts/built-script.ts';

const storage = new MemoryStorage();
const cache: LogCache = LogCache.open('mistakes', { storage });
const source = new MemoryLog();

/** The call as plain JavaScript makes it. */
function untyped(call: (any: never) => unknown): () => unknown {
  return () => call(undefined as never);
}

describe('a mistake is a TypeError that names it', () => {
  const projector = new Projector({ cache, source });

  test.each<readonly [string, () => unknown, string]>([
    [
      'a misspelt option of open',
      () => LogCache.open('a', { storage, ...({ durabilty: 'on-put' } as object) }),
      'options of open have no durabilty: did you mean durability?',
    ],
    [
      'an option of open in another case',
      () => LogCache.open('a', { storage, ...({ readonly: true } as object) }),
      'options of open have no readonly: did you mean readOnly?',
    ],
    ['no options of open', () => LogCache.open('a', null as never), 'options of open must be an object with '],
    [
      'a misspelt bound',
      () => cache.entries({ prefx: 'order:' } as object),
      'ranges have no prefx: did you mean prefix?',
    ],
    ['a bound unlike any', () => cache.keys({ start: 'a' } as object), 'ranges have no start: there are prefix, gte,'],
    [
      'a prefix as a range',
      () => cache.entries('order:' as never),
      'a range is an object: pass a prefix as { prefix }',
    ],
    [
      'a promise of options',
      () => LogCache.open('a', Promise.resolve({ storage, readOnly: true }) as object),
      'options of open must be an object with durability, .*; got Promise',
    ],
    [
      'a signal of open',
      () => LogCache.open('a', { signal: AbortSignal.abort() } as object),
      'options of open have no signal',
    ],
    [
      'a promise of a range',
      () => cache.entries(Promise.resolve({ prefix: 'a' }) as object),
      'ranges must be an object with',
    ],
    [
      'a map as a range',
      () => cache.keys(new Map([['prefix', 'a']]) as object),
      'ranges must be an object with .*; got Map',
    ],
    ['a text as reverse', () => cache.keys({ reverse: 'false' } as object), 'reverse must be a boolean; got string'],
    ['a text as limit', () => cache.keys({ limit: '10' } as object), 'limit must be a number; got string'],
    [
      'a text as reopen',
      () => LogCache.open('a', { storage, reopen: 'false' } as object),
      'reopen must be a boolean; got string',
    ],
    [
      'a promise of lock',
      () => LogCache.open('a', { storage, lock: Promise.resolve() } as object),
      'options of lock must be an object with leaseMs; got Promise',
    ],
    [
      'a text as onProgress',
      () => cache.verify({ onProgress: 'log' } as object),
      'onProgress must be a function; got string',
    ],
    [
      'a controller as signal',
      () => cache.backup('b', { signal: new AbortController() } as object),
      'signal must be an AbortSignal; got AbortController',
    ],
    ['no signal', () => cache.backup('b', { signal: null } as object), 'signal must be an AbortSignal; got null'],
    [
      'a class as storage',
      () => cache.backup('b', { storage: MemoryStorage } as object),
      'storage must be a StorageBackend, such as new MemoryStorage(); got function',
    ],
    ['a misspelt option of verify', () => cache.verify({ onprogress: () => {} } as object), 'did you mean onProgress?'],
    ['a key that is a number', () => cache.get(507 as never), 'key must be a string or a Uint8Array; got number'],
    ['the constructor', () => Reflect.construct(LogCache, []), 'a LogCache is opened with LogCache.open(directory)'],
    ['no options of a projector', untyped((none) => new Projector(none)), 'options of a projector must be an object'],
    [
      'a misspelt option of a projector',
      () => new AsyncProjector({ cache: new NoCache(), source, ...({ cacheTimeout: 1 } as object) }),
      'options of a projector have no cacheTimeout: did you mean cacheTimeoutMs?',
    ],
    [
      'a number as a budget',
      () => new Projector({ cache, source, replayBudget: 100 as never }),
      'replayBudget must be an object with events, ms; got number',
    ],
    [
      'a misspelt limit',
      () => new Projector({ cache, source, replayBudget: { event: 1 } as object }),
      'did you mean events?',
    ],
    [
      'no options of best effort',
      untyped((none) => Freshness.bestEffort(none)),
      'options of Freshness.bestEffort must be',
    ],
    [
      'a version that is text',
      () => projector.project({ ...totals, version: '2' as never }, 'a'),
      'version must be a number; got string',
    ],
    [
      'a projection without initial',
      () => projector.project({ ...totals, initial: undefined as never }, 'a'),
      "initial of the projection 'totals' must be a function; got undefined",
    ],
    [
      'a misspelt option of a call',
      () => projector.projectWithReport(totals, 'a', Freshness.consistent, { onbudget: 'stale' } as object),
      'options of a call have no onbudget: did you mean onBudget?',
    ],
    [
      'a signal in place of options',
      () => projector.warm(['a'], totals, AbortSignal.abort() as never),
      'options of warm must be an object with concurrency, onProgress, signal; got AbortSignal',
    ],
  ])('%s', (_name, call, message) => {
    expect(call).toThrow(TypeError);
    expect(call).toThrow(new RegExp(message.replaceAll(/[()?]/g, '\\$&')));
  });

  test('what an asynchronous call rejects', async () => {
    const rejections: readonly [Promise<unknown>, string][] = [
      [
        LogCache.openAsync('a', { singal: undefined } as object),
        'options of openAsync have no singal: did you mean signal?',
      ],
      [LogCache.openAsync('a', { signal: {} } as object), 'signal must be an AbortSignal; got Object'],
      [
        cache.compactAsync({ signal: new AbortController() } as object),
        'signal must be an AbortSignal; got AbortController',
      ],
      [cache.compactAsync({ onProgress: null } as object), 'onProgress must be a function; got null'],
      [cache.backupAsync('b', { onProgress: 5 } as object), 'onProgress must be a function; got number'],
    ];
    for (const [call, message] of rejections) await expect(call).rejects.toThrow(new TypeError(message));
  });

  test('a signal needs a boolean `aborted` and all methods, whatever its class', () => {
    const act = (): void => {};
    const signal = { aborted: false, throwIfAborted: act, addEventListener: act, removeEventListener: act };
    for (const key of Object.keys(signal)) {
      const options = { signal: { ...signal, [key]: undefined } } as object;
      expect(() => cache.backup('b', options)).toThrow(new TypeError('signal must be an AbortSignal; got Object'));
    }
  });

  test('an object that has the options is as good: a controller has a signal', async () => {
    const controller = new AbortController();
    controller.abort(new Error('shutting down'));
    await expect(cache.backupAsync('b', controller)).rejects.toThrow('shutting down');
  });

  test('a misspelt option of compactAsync', async () => {
    await expect(cache.compactAsync({ sginal: AbortSignal.abort() } as object)).rejects.toThrow('did you mean signal?');
  });
});

// A class with static members is one as well.
test('a function with the members of a projection is a projection, not a mistake', () => {
  const count = Object.assign(function count() {}, { initial: () => 0, apply: (state: number) => state + 1 });
  source.append('counted', 5);
  expect(new Projector({ cache, source }).project(count, 'counted')).toBe(1);
});

test('a write to a cache for reading is refused with a whole sentence', () => {
  const reader = LogCache.open('mistakes', { storage, readOnly: true });
  expect(() => reader.delete('a')).toThrow('open it without that option to write');
});

// In procfs Node's own recursive creation of directories never returns, so this runs in a process that can be ended.
test.runIf(existsSync('/proc/self'))('a directory that cannot be created is an IO error, also in procfs', async () => {
  const index = await builtScript(new URL('../../src/index.ts', import.meta.url));
  const program = `
    import { LogCache } from ${JSON.stringify(index.href)};
    try {
      LogCache.open('/proc/projection-cache/a');
    } catch (error) {
      console.log(error.code, error.cause.code);
    }
  `;
  const args = ['--input-type=module', '--eval', program];
  const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 50_000, killSignal: 'SIGKILL' });
  expect(stdout).toBe('IO ENOENT\n');
});
