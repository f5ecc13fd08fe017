// Why this test: two writers destroy a store, so a lock must not go because a person answered too quickly.
import { existsSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryDirectory } from '../cache/cache-fixtures.ts';
import { closedStore } from '../docs/order-store.ts';
import { ChildScript } from '../process/child-script.ts';
import { builtScript } from '../scripts/built-script.ts';
import { run, type Surroundings } from './test-terminal.ts';

const actor: URL = await builtScript(new URL('../process/actor.ts', import.meta.url));
const elsewhere = {
  pid: 4242,
  platform: 'linux',
  host: `not-${hostname()}`,
  nonce: '0'.repeat(32),
  since: '2024-05-06T07:08:09.000Z',
};

/** A store with a lock. */
function lockedStore(content: string = JSON.stringify(elsewhere)): {
  readonly directory: string;
  readonly isLocked: () => boolean;
} {
  const directory = closedStore('a');
  writeFileSync(join(directory, 'LOCK'), content);
  return { directory, isLocked: () => existsSync(join(directory, 'LOCK')) };
}

test('names the owner and removes the lock with --yes', async () => {
  const { directory, isLocked } = lockedStore();
  const { code, out } = await run(['unlock', directory, '--yes']);
  expect([code, out]).toEqual([
    0,
    expect.stringMatching(/^unlocked .*, which was locked by process 4242 on host not-.* since 2024-/),
  ]);
  expect(isLocked()).toBe(false);
  expect(await run(['unlock', directory])).toMatchObject({ code: 0, out: expect.stringMatching(/is not locked\n$/) });
});

test.each<[string, Surroundings, number]>([
  ['yes\n', { isTerminal: true }, 0],
  ['Y\n', { isTerminal: true }, 0],
  ['no\n', { isTerminal: true }, 4],
  ['\n', { isTerminal: true }, 4],
  ['', { isTerminal: true }, 4],
  ['yes\n', {}, 4],
])('asks on a terminal, and elsewhere wants --yes: %j', async (input, surroundings, code) => {
  const { directory, isLocked } = lockedStore();
  const outcome = await run(['unlock', directory], { input, ...surroundings });
  expect([outcome.code, isLocked()]).toEqual([code, code !== 0]);
  expect(outcome.err).toMatch(/process 4242 on host not-.*Whether it still runs cannot be found out from here/);
  if (surroundings.isTerminal !== true) expect(outcome.err).toMatch(/: --yes\n$/);
});

test('a lock that names no owner is doubtful too', async () => {
  const { directory, isLocked } = lockedStore('');
  expect(await run(['unlock', directory])).toMatchObject({
    code: 4,
    err: expect.stringContaining('the lock names no owner'),
  });
  expect(isLocked()).toBe(true);
});

test('refuses an owner that runs, except for a copy', async () => {
  const directory = closedStore('a');
  const writer = new ChildScript(actor, [directory]);
  onTestFinished(() => writer.kill());
  expect(await writer.ask('open')).toBe('done');
  const { code, err } = await run(['unlock', directory, '--yes']);
  expect([code, err]).toEqual([
    4,
    expect.stringMatching(new RegExp(`process ${writer.pid} .*which runs: end that process.*--force`)),
  ]);
  expect((await run(['unlock', directory, '--force'])).code).toBe(0);
  expect(existsSync(join(directory, 'LOCK'))).toBe(false);
});

test('an owner that is gone needs no question', async () => {
  const directory = closedStore('a');
  const writer = new ChildScript(actor, [directory]);
  expect(await writer.ask('open')).toBe('done');
  await writer.kill();
  expect((await run(['unlock', directory])).code).toBe(0);
});

test('leaves the directory of another program alone', async () => {
  const directory = temporaryDirectory();
  for (const name of ['CURRENT', 'LOCK', '000003.log']) writeFileSync(join(directory, name), 'x');
  expect(await run(['unlock', directory, '--yes'])).toMatchObject({
    code: 3,
    err: expect.stringContaining('it holds CURRENT'),
  });
  expect(existsSync(join(directory, 'LOCK'))).toBe(true);
  expect((await run(['unlock', join(directory, 'absent')])).code).toBe(3);
});
