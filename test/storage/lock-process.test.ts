import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { unlock } from '../../src/storage/node-lock.ts';
import { NodeStorage } from '../../src/storage/node-storage.ts';
import type { StorageLock } from '../../src/storage/storage-backend.ts';
import { builtScript } from '../scripts/built-script.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const HOLDER: string = fileURLToPath(await builtScript(new URL('./lock-holder.ts', import.meta.url)));

/** Another process that holds the lock of a directory; it is killed at the end of the test. */
class Holder {
  readonly child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  constructor(directory: string) {
    this.child = spawn(process.execPath, [HOLDER, directory], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    onTestFinished(() => void this.child.kill('SIGKILL'));
  }

  get pid(): number {
    return this.child.pid as number;
  }

  async line(): Promise<string | undefined> {
    const { value, done } = await this.#lines.next();
    return done === true ? undefined : value;
  }

  ask(question: string): Promise<string | undefined> {
    this.child.stdin.write(`${question}\n`);
    return this.line();
  }
}

function takeLock(directory: string): StorageLock {
  return new NodeStorage().openDirectory(directory, { create: false }).lock();
}

// Windows has neither signal: to stop a process or to continue it.
describe.skipIf(process.platform === 'win32')('the lock among processes', () => {
  test('is refused while its owner lives, even stopped; after a forced takeover the owner detects it', async () => {
    const directory = temporaryDirectory();
    const holder = new Holder(directory);
    expect(await holder.line()).toBe('held');
    expect(() => takeLock(directory)).toThrow(
      expect.objectContaining({ code: 'LOCKED', message: expect.stringContaining(`process ${holder.pid} `) }),
    );
    expect(await holder.ask('held?')).toBe('true');

    holder.child.kill('SIGSTOP');
    expect(() => takeLock(directory)).toThrow(expect.objectContaining({ code: 'LOCKED' }));
    unlock(directory);
    const lock = takeLock(directory);
    holder.child.kill('SIGCONT');
    expect(await holder.ask('held?')).toBe('false');
    expect(await holder.ask('release')).toBe('released');
    expect(lock.isHeld()).toBe(true);
    lock.release();
    expect(readdirSync(directory)).toEqual([]);
  });

  test('is taken over after its owner was killed', async () => {
    const directory = temporaryDirectory();
    const holder = new Holder(directory);
    expect(await holder.line()).toBe('held');
    holder.child.kill('SIGKILL');
    await once(holder.child, 'exit');
    const lock = takeLock(directory);
    expect(lock.takenOverFrom).toContain(`process ${holder.pid} `);
    expect(lock.isHeld()).toBe(true);
    lock.release();
  });
});
