// Why this test: a store that is shipped with a deployment lies on a file system that refuses every write. Whatever state it is
// in, opening it with `readOnly` must not try one. Tests often run as root, whom no permission stops; a mount does.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openFor, someMeta, temporaryDirectory, utf8, valueText } from '../cache/cache-fixtures.ts';
import { builtScript } from '../scripts/built-script.ts';
import { ChildScript } from './child-script.ts';
import { noVolumes } from './small-volume.ts';

/** A store with `order:0` to `order:9`, as the way of `leave` leaves it. */
async function storeLeft(leave: (directory: string) => void | Promise<void>): Promise<string> {
  const directory = join(temporaryDirectory(), 'store');
  const cache = openFor(directory);
  for (let number = 0; number < 10; number += 1) cache.put(`order:${number}`, utf8('state'), someMeta);
  cache.close();
  await leave(directory);
  return directory;
}

async function killedWhileOpen(directory: string): Promise<void> {
  const actor = new ChildScript(await builtScript(new URL('./actor.ts', import.meta.url)), [directory]);
  for (const line of ['open', 'put order:10 state', 'sync', 'put order:11 state']) {
    expect(await actor.ask(line)).toBe('done');
  }
  await actor.kill();
}

function logOf(directory: string): string {
  return join(directory, readdirSync(directory).find((name) => name.endsWith('.log')) ?? '');
}

function damaged(directory: string): void {
  const bytes = readFileSync(logOf(directory));
  // In the first record, whose header is then invalid.
  bytes[40] = (bytes[40] ?? 0) ^ 1;
  writeFileSync(logOf(directory), bytes);
}

function emptied(directory: string): void {
  for (const name of readdirSync(directory)) rmSync(join(directory, name));
}

const states: readonly [string, (directory: string) => void | Promise<void>][] = [
  ['was closed', () => {}],
  ['has no image', (directory) => rmSync(logOf(directory).replace(/log$/, 'index'))],
  ['is of a killed process, with its lock', killedWhileOpen],
  ['is damaged', damaged],
  ['is an empty directory', emptied],
];

/** Everything that changes when a file of a directory is written, created or removed. */
function look(directory: string): unknown {
  const stats = [directory, ...readdirSync(directory).map((name) => join(directory, name))].map((path) => {
    const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [path, ino, size, mtimeNs, ctimeNs];
  });
  return stats;
}

function readAll(directory: string): void {
  const cache = openFor(directory, { readOnly: true, refreshEveryMs: 5 });
  for (const [key, { value }] of cache.entries()) expect([key.length, value]).toEqual([key.length, utf8('state')]);
  cache.refresh();
  cache.verify();
  expect(() => cache.put('order:1', utf8('new'), someMeta)).toThrow(expect.objectContaining({ code: 'READ_ONLY' }));
  cache.close();
}

describe.each(states)('a store that %s', (_, leave) => {
  test('is not changed by readers', async () => {
    const directory = await storeLeft(leave);
    const before = look(directory);
    readAll(directory);
    expect(look(directory)).toEqual(before);
  });

  test.skipIf(noVolumes !== undefined)(`opens on a read-only volume (${noVolumes ?? 'a mount'})`, async () => {
    const directory = await storeLeft(leave);
    const mountPoint = join(temporaryDirectory(), 'mounted');
    mkdirSync(mountPoint);
    onTestFinished(() => void spawnSync('umount', ['--lazy', mountPoint]));
    for (const options of ['bind', 'remount,ro,bind']) {
      expect(spawnSync('mount', ['-o', options, directory, mountPoint]).status).toBe(0);
    }
    expect(() => writeFileSync(join(mountPoint, 'new'), '')).toThrow(/EROFS/);
    readAll(mountPoint);
    expect(() => openFor(mountPoint)).toThrow(/EROFS|LOCKED|locked/);
  });
});

test('a copy of an open store, with its lock, is read like any other', async () => {
  const directory = await storeLeft(killedWhileOpen);
  const copy = join(temporaryDirectory(), 'copy');
  cpSync(directory, copy, { recursive: true });
  expect(existsSync(join(copy, 'LOCK'))).toBe(true);
  expect(valueText(openFor(copy, { readOnly: true }), 'order:10')).toBe('state');
});
