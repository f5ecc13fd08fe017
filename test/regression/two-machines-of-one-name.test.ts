/*
 * On macOS and Windows an owner counted as gone if its host had our name and no process had its pid here. Two machines
 * of the same name on a share would both have written: each finds no process of the other. And a machine whose name had
 * changed, as macOS does by itself, was locked out by its own killed processes although everything else matched.
 */
import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { encodeLockOwner } from '../../src/storage/lock-owner.ts';
import { type NodePlatform, nodePlatform } from '../../src/storage/node-fs.ts';
import { takeNodeLock, unlock } from '../../src/storage/node-lock.ts';
import { NodeProcessProbe } from '../../src/storage/process-identity.ts';
import { temporaryDirectory } from '../cache/cache-fixtures.ts';
import { nonceOf } from '../storage/lock-simulation.ts';

const NOW = 1_700_000_000_000;

interface Machine {
  readonly platform: 'darwin' | 'win32';
  readonly host: string;
  readonly mac: string;
  /** Seconds. */
  readonly uptime: number;
  /** Processes besides the asking one. */
  readonly pids?: readonly number[];
}

/** The platform of a process 42 on a machine. */
function platformOn({ platform, host, mac, uptime, pids = [] }: Machine): NodePlatform {
  const refused = (code: string) => (): never => {
    throw Object.assign(new Error(code), { code });
  };
  const kill = (pid: number): true => (pids.includes(pid) ? true : refused('ESRCH')());
  return {
    ...nodePlatform(),
    fs: { ...fs, readFileSync: refused('ENOENT') as typeof fs.readFileSync, readlinkSync: refused('ENOENT') as never },
    os: {
      ...os,
      hostname: () => host,
      uptime: () => uptime,
      networkInterfaces: () => ({ en0: [{ mac } as os.NetworkInterfaceInfo] }),
    },
    process: { pid: 42, platform, kill },
    now: () => NOW,
  };
}

/** A directory with the lock of a process 77 on a machine. */
function lockedOn(machine: Machine): string {
  const directory = temporaryDirectory();
  const identity = { ...new NodeProcessProbe(platformOn(machine)).identity(), pid: 77 };
  const since = new Date(NOW).toISOString();
  fs.writeFileSync(
    join(directory, 'LOCK'),
    encodeLockOwner({ ...identity, nonce: nonceOf(77), since, localVolume: false }),
  );
  return directory;
}

describe.each(['darwin', 'win32'] as const)('on %s', (platform) => {
  const machine: Machine = { platform, host: 'studio.local', mac: '00:11:22:33:44:55', uptime: 5_000 };

  test.each<[string, Partial<Machine>]>([
    ['another machine of the same name', { mac: '00:11:22:33:44:66' }],
    ['another machine made from the same image', { uptime: 300 }],
    ['the same machine, with another process under that pid', { pids: [77] }],
  ])('the lock is kept for %s, and the message names the remedy', (_name, other) => {
    const directory = lockedOn(machine);
    const node = platformOn({ ...machine, ...other });
    expect(() => takeNodeLock(node, directory)).toThrow(
      expect.objectContaining({
        code: 'LOCKED',
        message: expect.stringMatching(
          /process 77 on host studio\.local .*cannot find out.*projection-cache unlock ["/]/,
        ),
      }),
    );
    unlock(directory, node);
    takeNodeLock(node, directory).release();
  });

  test.each<[string, Partial<Machine>]>([
    ['on the same run of the same machine', {}],
    ['on one whose name has changed meanwhile', { host: 'studio-2.local' }],
  ])('the lock is taken over from a process that is gone %s', (_name, other) => {
    const lock = takeNodeLock(platformOn({ ...machine, ...other }), lockedOn(machine));
    expect(lock.takenOverFrom).toMatch(/^process 77 on host studio\.local /);
    lock.release();
  });
});
