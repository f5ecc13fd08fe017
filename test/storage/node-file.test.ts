import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { NodeFile } from '../../src/storage/node-file.ts';
import { nodePlatform } from '../../src/storage/node-fs.ts';
import { errnoFrom } from './storage-suite.ts';
import { temporaryDirectory } from './temporary-directory.ts';

type Callback = (error: NodeJS.ErrnoException | null) => void;

/** A file whose syncs and closing are recorded; asynchronous syncs end when the test calls `end`. */
class NotedFile {
  readonly calls: string[] = [];
  readonly pending: Callback[] = [];
  readonly file: NodeFile;
  failure: string | undefined;

  constructor(created: boolean) {
    const path = join(temporaryDirectory(), 'a');
    const fd = fs.openSync(path, 'w+');
    const noted = {
      ...fs,
      fsyncSync: () => this.#note('fsync'),
      fdatasyncSync: () => this.#note('fdatasync'),
      fsync: (_fd: number, callback: Callback) => this.#defer('fsync', callback),
      fdatasync: (_fd: number, callback: Callback) => this.#defer('fdatasync', callback),
      read: (...args: [number, Uint8Array, number, number, number, Callback]) => this.#defer('read', args[5]),
      closeSync: (closed: number) => {
        fs.closeSync(closed);
        this.#note('close');
      },
    } as unknown as typeof fs;
    this.file = new NodeFile({ ...nodePlatform(), fs: noted }, fd, path, created);
  }

  /** Ends the oldest asynchronous sync. */
  end(error: NodeJS.ErrnoException | null = null): void {
    this.pending.shift()?.(error);
  }

  #note(call: string): void {
    this.calls.push(call);
    if (this.failure !== undefined) throw Object.assign(new Error(call), { code: this.failure });
  }

  #defer(call: string, callback: Callback): void {
    this.calls.push(`${call} begins`);
    this.pending.push(callback);
  }
}

describe('which sync a file needs', () => {
  test('fdatasync if it existed before', () => {
    const { file, calls } = new NotedFile(false);
    file.sync();
    file.write(new Uint8Array(10), 0, 10, 0);
    file.sync();
    file.close();
    expect(calls).toEqual(['fdatasync', 'fdatasync', 'close']);
  });

  test('fsync after its creation and after each truncation, once', () => {
    const { file, calls } = new NotedFile(true);
    file.sync();
    file.sync();
    file.truncate(0);
    file.sync();
    file.sync();
    file.close();
    expect(calls).toEqual(['fsync', 'fdatasync', 'fsync', 'fdatasync', 'close']);
  });

  test('fsync again when the one before failed', () => {
    const noted = new NotedFile(true);
    noted.failure = 'EIO';
    expect(errnoFrom(() => noted.file.sync())).toBe('EIO');
    noted.failure = undefined;
    noted.file.sync();
    noted.file.close();
    expect(noted.calls).toEqual(['fsync', 'fsync', 'close']);
  });

  // An asynchronous sync covers nothing before it has ended, and nothing that happened after it started.
  test('fsync for a truncation that an asynchronous sync did not cover', async () => {
    const noted = new NotedFile(true);
    const syncing = noted.file.syncAsync();
    noted.file.sync();
    noted.file.truncate(0);
    noted.end();
    await syncing;
    noted.file.sync();
    noted.file.close();
    expect(noted.calls).toEqual(['fsync begins', 'fsync', 'fsync', 'close']);
  });

  test('fdatasync once an asynchronous fsync has ended well', async () => {
    const noted = new NotedFile(true);
    const syncing = noted.file.syncAsync();
    noted.end();
    await syncing;
    const again = noted.file.syncAsync();
    noted.end();
    await again;
    noted.file.close();
    expect(noted.calls).toEqual(['fsync begins', 'fdatasync begins', 'close']);
  });

  test('an asynchronous sync that fails rejects, and covers nothing', async () => {
    const noted = new NotedFile(true);
    const syncing = noted.file.syncAsync();
    noted.end(Object.assign(new Error('EIO'), { code: 'EIO' }));
    await expect(syncing).rejects.toMatchObject({ code: 'EIO' });
    noted.file.sync();
    noted.file.close();
    expect(noted.calls).toEqual(['fsync begins', 'fsync', 'close']);
  });
});

/*
 * If a descriptor is closed during a sync, its number can be reused for the next opened file: then that file is synced,
 * and the data of this one is not.
 */
describe('closing a file that is being synced', () => {
  test('waits for the last sync to end, and happens once', async () => {
    const noted = new NotedFile(false);
    const syncs = [noted.file.syncAsync(), noted.file.syncAsync()];
    noted.file.close();
    noted.file.close();
    expect(errnoFrom(() => noted.file.sync())).toBe('EBADF');
    noted.end();
    await syncs[0];
    expect(noted.calls).not.toContain('close');
    noted.end();
    await syncs[1];
    expect(noted.calls.filter((call) => call === 'close')).toHaveLength(1);
    noted.file.close();
    expect(noted.calls.filter((call) => call === 'close')).toHaveLength(1);
  });

  test('also happens if that sync fails', async () => {
    const noted = new NotedFile(false);
    const syncing = noted.file.syncAsync();
    noted.file.close();
    noted.end(Object.assign(new Error('EIO'), { code: 'EIO' }));
    await expect(syncing).rejects.toMatchObject({ code: 'EIO' });
    expect(noted.calls).toContain('close');
  });

  test('also waits for reads, even for those that fail', async () => {
    const noted = new NotedFile(false);
    const reads = [noted.file.readAsync(new Uint8Array(1), 0, 1, 0), noted.file.readAsync(new Uint8Array(1), 0, 1, 0)];
    noted.file.close();
    noted.end();
    await reads[0];
    expect(noted.calls).not.toContain('close');
    noted.end(Object.assign(new Error('EIO'), { code: 'EIO' }));
    await expect(reads[1]).rejects.toMatchObject({ code: 'EIO' });
    expect(noted.calls).toEqual(['read begins', 'read begins', 'close']);
    await expect(noted.file.readAsync(new Uint8Array(1), 0, 1, 0)).rejects.toMatchObject({ code: 'EBADF' });
  });

  test('rejects that sync if closing itself fails', async () => {
    const noted = new NotedFile(false);
    const syncing = noted.file.syncAsync();
    noted.file.close();
    noted.failure = 'EIO';
    noted.end();
    await expect(syncing).rejects.toMatchObject({ code: 'EIO' });
  });
});
