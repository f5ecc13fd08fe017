import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { LogCache } from '../../src/cache/log-cache.ts';
import { openFor, someMeta, temporaryDirectory, utf8, valueText } from '../cache/cache-fixtures.ts';
import { builtScript } from '../scripts/built-script.ts';
import { ChildScript } from './child-script.ts';

const script: URL = await builtScript(new URL('./actor.ts', import.meta.url));

function actorOn(directory: string): ChildScript {
  const actor = new ChildScript(script, [directory]);
  onTestFinished(() => actor.kill());
  return actor;
}

describe('two processes and one directory', () => {
  test('the second one learns which process holds it, and can open it after that has closed', async () => {
    const directory = temporaryDirectory();
    const cache = LogCache.open(directory);
    cache.put('order:1', utf8('of-the-first'), someMeta);
    const actor = actorOn(directory);
    expect(await actor.ask('open')).toMatch(
      new RegExp(
        `^LOCKED .*is open for writing by process ${process.pid} on host .*: close it there, open it with readOnly: true, or wait`,
      ),
    );
    // Still refused, and without effect on the first process.
    expect(await actor.ask('open')).toMatch(/^LOCKED /);
    cache.close();
    expect(await actor.ask('open')).toBe('done');
    expect(await actor.ask('get order:1')).toBe('of-the-first');
    expect(() => LogCache.open(directory)).toThrow(
      expect.objectContaining({ code: 'LOCKED', message: expect.stringContaining(`process ${actor.pid} on host`) }),
    );
    expect(await actor.ask('put order:2 of-the-second')).toBe('done');
    expect(await actor.ask('close')).toBe('done');
    expect(existsSync(join(directory, 'LOCK'))).toBe(false);
    const reopened = openFor(directory);
    expect(valueText(reopened, 'order:2')).toBe('of-the-second');
    expect(reopened.stats().recovery.clean).toBe(true);
  });

  test('a killed process loses its lock to the next, a stopped one does not', async () => {
    const directory = temporaryDirectory();
    const actor = actorOn(directory);
    expect(await actor.ask('open')).toBe('done');
    expect(await actor.ask('put order:1 state')).toBe('done');
    expect(await actor.ask('sync')).toBe('done');
    process.kill(actor.pid, 'SIGSTOP');
    expect(() => LogCache.open(directory)).toThrow(expect.objectContaining({ code: 'LOCKED' }));
    await actor.kill();
    const owners: string[] = [];
    const onEvent = (event: { type: string; from?: string }): void => void (event.from && owners.push(event.from));
    expect(valueText(openFor(directory, { onEvent }), 'order:1')).toBe('state');
    expect(owners).toEqual([expect.stringContaining(`process ${actor.pid} on host`)]);
  });

  // A wrong use of `unlock`: the process that the caller believed gone was alive.
  test('a process whose lock was removed by hand stops writing and reports it', async () => {
    const directory = temporaryDirectory();
    const actor = actorOn(directory);
    expect(await actor.ask('open')).toBe('done');
    expect(await actor.ask('put order:1 old')).toBe('done');
    expect(await actor.ask('sync')).toBe('done');
    LogCache.unlock(directory);
    const cache = openFor(directory);
    cache.put('order:1', utf8('new'), someMeta);
    cache.sync();
    expect(await actor.ask('put order:1 late')).toBe('done');
    expect(await actor.ask('sync')).toMatch(/^(POISONED|IO) .*lock was taken/);
    expect(await actor.ask('put order:1 later')).toMatch(/^POISONED /);
    expect(await actor.ask('get order:1')).toBe('late');
    await actor.ask('close');
    expect(valueText(cache, 'order:1')).toBe('new');
    cache.close();
    expect(valueText(openFor(directory), 'order:1')).toBe('new');
  });
});

describe('a reader beside a live writer', () => {
  test('sees what was synced when it was opened, and blocks no process', async () => {
    const directory = temporaryDirectory();
    const actor = actorOn(directory);
    expect(await actor.ask('open')).toBe('done');
    expect(await actor.ask('put order:1 synced')).toBe('done');
    expect(await actor.ask('sync')).toBe('done');
    expect(await actor.ask('put order:2 not-synced')).toBe('done');
    const reader = openFor(directory, { readOnly: true });
    expect(valueText(reader, 'order:1')).toBe('synced');
    expect(reader.has('order:2')).toBe(false);
    expect(await actor.ask('sync')).toBe('done');
    expect(reader.has('order:2')).toBe(false);
    const later = openFor(directory, { readOnly: true });
    expect(valueText(later, 'order:2')).toBe('not-synced');
    expect(await actor.ask('put order:1 newer')).toBe('done');
    expect(await actor.ask('compact')).toBe('done');
    const latest = openFor(directory, { readOnly: true });
    expect(latest.stats().generation).toBe(2);
    expect(valueText(latest, 'order:1')).toBe('newer');
    // A reader that was opened earlier still returns its state, or a miss; never something else.
    expect(['synced', undefined]).toContain(valueText(reader, 'order:1'));
    expect(await actor.ask('close')).toBe('done');
  });
});
