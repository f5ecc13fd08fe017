import { createInterface } from 'node:readline';
import { NodeStorage } from '../../src/storage/node-storage.ts';

/*
 * A process that holds the lock of the given directory, for tests with real processes. It writes `held`, then answers
 * each line of its input: `held?` with whether it still holds the lock, `release` with `released`.
 */
const [, , path] = process.argv;
if (path === undefined) throw new Error('name a directory');
const lock = new NodeStorage().openDirectory(path, { create: true }).lock();
process.stdout.write('held\n');

for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'held?') process.stdout.write(`${lock.isHeld()}\n`);
  if (line === 'release') {
    lock.release();
    process.stdout.write('released\n');
  }
}
