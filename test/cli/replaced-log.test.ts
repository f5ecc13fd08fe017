// Why this test: a compaction of the writer truncates the log that a command is reading. What is gone then looked like damage: a
// dump lost most of its entries and named each as damaged, and `log` reported a damaged run. Nothing is damaged: the new log has it all.
import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { LogCache } from '../../src/cache/log-cache.ts';
import { NodeStorage } from '../../src/storage/node-storage.ts';
import { listLogs, walkLog } from '../../src/store/log-listing.ts';
import { metaAt, temporaryDirectory } from '../cache/cache-fixtures.ts';
import { run } from './test-terminal.ts';

const ENTRIES = 600;

/** A store that this process has open for writing, and that replaces its log again and again while commands run. */
function busyStore(): string {
  const directory = join(temporaryDirectory(), 'store');
  const cache = LogCache.open(directory);
  const key = (at: number): string => `key ${String(at).padStart(5, '0')}`;
  for (let at = 0; at < ENTRIES; at += 1) cache.put(key(at), Buffer.alloc(1_000, at), metaAt(at));
  cache.sync();
  let rounds = 0;
  const timer = setInterval(() => {
    rounds += 1;
    cache.put(key(rounds % ENTRIES), Buffer.alloc(1_000, rounds), metaAt(ENTRIES + rounds));
    cache.compact();
  }, 20);
  onTestFinished(() => {
    clearInterval(timer);
    cache.close();
  });
  return directory;
}

test.each([['dump'], ['ls', '--json'], ['ls', '--json', '--reverse']])(
  '%s lists every entry once, in order, while the log is replaced',
  async (name, ...options) => {
    const { code, out, err } = await run([name, busyStore(), ...options]);
    expect([code, err]).toEqual([0, '']);
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const keys = lines.map(({ key }) => (typeof key === 'string' ? Buffer.from(key, 'base64').toString() : key.text));
    expect(keys).toHaveLength(ENTRIES);
    expect(keys).toEqual([...new Set(options.includes('--reverse') ? keys.toSorted().toReversed() : keys.toSorted())]);
  },
);

test('log reports no damage when the log is truncated while it is listed', () => {
  const directory = join(temporaryDirectory(), 'store');
  const cache = LogCache.open(directory);
  for (let at = 0; at < ENTRIES; at += 1) cache.put(`key ${at}`, Buffer.alloc(1_000, at), metaAt(at));
  cache.close();
  const files = new NodeStorage().openDirectory(directory, { create: false });
  const [log] = listLogs(files);
  const walk = log === undefined ? [] : walkLog(files, log);
  const verdicts = new Set<string>();
  for (const { verdict } of walk) {
    verdicts.add(verdict);
    truncateSync(join(directory, '000001.log'), 300_000);
  }
  expect(verdicts).toEqual(new Set(['valid']));
});
