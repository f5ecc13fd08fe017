/*
 * Locks whose owners are gone, or may be: which of them are taken over, and which are not because nothing proves it.
 * The lock files are those of real processes; facts that one machine cannot produce are edited into them.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { LogCache } from '../../src/cache/log-cache.ts';
import type { LockOwner } from '../../src/storage/lock-owner.ts';
import { openFor, temporaryDirectory, valueText } from '../cache/cache-fixtures.ts';
import { builtScript } from '../scripts/built-script.ts';
import { ChildScript } from './child-script.ts';
import { noNamespaces, ownNamespace } from './lease-fight.ts';

const script: URL = await builtScript(new URL('./actor.ts', import.meta.url));

function actorOn(directory: string, within: readonly string[] = []): ChildScript {
  const actor = new ChildScript(script, [directory], 'inherit', within);
  onTestFinished(() => actor.kill());
  return actor;
}

/** A directory with an entry, left by a process that was killed, and the content of its lock. */
async function leftByKilled(): Promise<{ directory: string; owner: LockOwner }> {
  const directory = temporaryDirectory();
  const actor = actorOn(directory);
  for (const line of ['open', 'put order:1 state', 'sync']) expect(await actor.ask(line)).toBe('done');
  await actor.kill();
  return { directory, owner: JSON.parse(readFileSync(join(directory, 'LOCK'), 'utf8')) as LockOwner };
}

function changeLock(directory: string, owner: LockOwner): void {
  writeFileSync(join(directory, 'LOCK'), `${JSON.stringify(owner)}\n`);
}

/** Opens, and returns the owners of the locks that were taken over. */
function takenOverFrom(directory: string): string[] {
  const owners: string[] = [];
  const onEvent = (event: { type: string; from?: string }): void => void (event.from && owners.push(event.from));
  expect(valueText(openFor(directory, { onEvent }), 'order:1')).toBe('state');
  return owners;
}

function expectLocked(directory: string, { pid, host }: LockOwner): void {
  const message = expect.stringMatching(`process ${pid} on host ${host} .*cannot find out.*projection-cache unlock`);
  expect(() => LogCache.open(directory)).toThrow(expect.objectContaining({ code: 'LOCKED', message }));
}

describe('the lock of a process that was killed', () => {
  test('is taken over', async () => {
    const { directory, owner } = await leftByKilled();
    expect(takenOverFrom(directory)).toEqual([expect.stringContaining(`process ${owner.pid} on host ${owner.host}`)]);
  });

  test('is taken over if its pid now belongs to another process', async () => {
    const { directory, owner } = await leftByKilled();
    const other = actorOn(temporaryDirectory());
    expect(await other.ask('open')).toBe('done');
    changeLock(directory, { ...owner, pid: other.pid });
    // Without start times the living process may be the owner.
    if (owner.startTime === undefined) expectLocked(directory, { ...owner, pid: other.pid });
    else expect(takenOverFrom(directory)).toEqual([expect.stringContaining(`process ${other.pid} on host`)]);
  });

  test.each<[string, Partial<LockOwner>]>([
    ['on another host', { host: 'another-host', bootId: '00000000-0000-0000-0000-000000000000' }],
    ['in another pid namespace', { platform: 'linux', pidNamespace: 'pid:[1]' }],
  ])('%s is kept until a caller of unlock confirms that its owner is gone', async (_name, elsewhere) => {
    const { directory, owner } = await leftByKilled();
    const foreign = { ...owner, ...elsewhere };
    changeLock(directory, foreign);
    expectLocked(directory, foreign);
    expectLocked(directory, foreign);
    LogCache.unlock(directory);
    expect(takenOverFrom(directory)).toEqual([]);
  });
});

test.skipIf(noNamespaces !== undefined)(
  `the lock of a process in another pid namespace is kept, whether it is alive or killed (${noNamespaces ?? 'with a real namespace'})`,
  async () => {
    const directory = temporaryDirectory();
    const actor = actorOn(directory, ownNamespace);
    for (const line of ['open', 'put order:1 state', 'sync']) expect(await actor.ask(line)).toBe('done');
    const owner = JSON.parse(readFileSync(join(directory, 'LOCK'), 'utf8')) as LockOwner;
    // It is process 1 there; process 1 here is another process.
    expect(owner.pid).toBe(1);
    expectLocked(directory, owner);
    await actor.kill();
    expectLocked(directory, owner);
    LogCache.unlock(directory);
    expect(takenOverFrom(directory)).toEqual([]);
  },
);
