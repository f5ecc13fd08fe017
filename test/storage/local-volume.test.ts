import fs from 'node:fs';
import { describe, expect, test } from 'vitest';
import { isOnLocalVolume } from '../../src/storage/local-volume.ts';
import { nodePlatform } from '../../src/storage/node-fs.ts';

function isLocal(statfsSync: () => unknown): boolean {
  const node = nodePlatform();
  return isOnLocalVolume({ ...node, fs: { ...fs, statfsSync } as unknown as typeof fs }, '/data');
}

describe('isOnLocalVolume', () => {
  test.each([
    ['ext4', 0xef53, true],
    ['Btrfs', 0x9123683e, true],
    ['Btrfs where the type is a signed word', 0x9123683e | 0, true],
    ['NFS', 0x6969, false],
    ['SMB', 0xfe534d42 | 0, false],
    ['9p', 0x01021997, false],
    ['FUSE', 0x65735546, false],
    ['overlay', 0x794c7630, false],
    ['nothing', 0, false],
  ])('%s', (_name, type, local) => {
    expect(isLocal(() => ({ type }))).toBe(local);
  });

  test('is false if the type is unknown', () => {
    const refused = (): never => {
      throw new Error('ENOSYS');
    };
    expect(isLocal(refused)).toBe(false);
  });
});
