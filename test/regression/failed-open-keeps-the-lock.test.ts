/*
 * If the directory could not be listed for the files of killed processes, right after the lock was taken, `open` failed
 * and kept the lock: the directory could not be opened until a call of `unlock`. The same happened if the result of the
 * link was lost, and if it was that of a guard, which then looked like one of a living process.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { errnoOf } from '../../src/base/store-error.ts';
import { encodeLockOwner } from '../../src/storage/lock-owner.ts';
import { type NodePlatform, nodePlatform } from '../../src/storage/node-fs.ts';
import { takeNodeLock } from '../../src/storage/node-lock.ts';
import { NodeProcessProbe } from '../../src/storage/process-identity.ts';
import { temporaryDirectory } from '../cache/cache-fixtures.ts';
import { nonceOf } from '../storage/lock-simulation.ts';

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}

function platformWith(replaced: Partial<typeof fs>): NodePlatform {
  return { ...nodePlatform(), fs: { ...fs, ...replaced }, pause: () => {} };
}

test('a directory that cannot be listed does not fail the lock', () => {
  const directory = temporaryDirectory();
  const readdirSync = (() => {
    throw failure('EMFILE');
  }) as unknown as typeof fs.readdirSync;
  const lock = takeNodeLock(platformWith({ readdirSync }), directory);
  expect(lock.isHeld()).toBe(true);
  expect(fs.readdirSync(directory)).toEqual(['LOCK']);
  lock.release();
  expect(fs.readdirSync(directory)).toEqual([]);
});

test.each(['LOCK', `LOCK.${nonceOf(77)}`])('a link to %s whose result is lost leaves nothing', (lost) => {
  const directory = temporaryDirectory();
  const owner = { ...new NodeProcessProbe(nodePlatform()).identity(), pid: spawnSync('true').pid, startTime: '1' };
  const stale = encodeLockOwner({ ...owner, nonce: nonceOf(77), since: '', localVolume: true });
  fs.writeFileSync(join(directory, 'LOCK'), stale);
  const linkSync: typeof fs.linkSync = (existing, name) => {
    fs.linkSync(existing, name);
    if (name === join(directory, lost)) throw failure('EIO');
  };
  let error: unknown;
  try {
    takeNodeLock(platformWith({ linkSync }), directory);
  } catch (thrown) {
    error = thrown;
  }
  expect(errnoOf(error)).toBe('EIO');
  expect(fs.readdirSync(directory)).toEqual(lost === 'LOCK' ? [] : ['LOCK']);
});
