import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { nodePlatform } from '../../src/storage/node-fs.ts';
import { NodeProcessProbe, parseProcessStatus } from '../../src/storage/process-identity.ts';

const ON_LINUX = process.platform === 'linux';

afterEach(() => {
  vi.restoreAllMocks();
});

/** A probe whose `/proc` has only the given contents. */
function probeWithProc(texts: Record<string, string>, links: Record<string, string>): NodeProcessProbe {
  const from = (entries: Record<string, string>) => (path: unknown) => {
    const found = entries[String(path)];
    if (found === undefined) throw new Error('ENOENT');
    return found;
  };
  const node = nodePlatform();
  const fakeFs = { ...fs, readFileSync: from(texts), readlinkSync: from(links) } as unknown as typeof fs;
  return new NodeProcessProbe({ ...node, fs: fakeFs });
}

function statusLine(options: { command?: string; state?: string; threads?: number; startTime?: string } = {}): string {
  const { command = 'node', state = 'S', threads = 11, startTime = '215846' } = options;
  return `77 (${command}) ${state} 1 2 3 4 -1 4194304 5 6 7 8 9 10 11 12 20 0 ${threads} 0 ${startTime} 18 19 20\n`;
}

function signalsAnswer(code: string | undefined): void {
  vi.spyOn(process, 'kill').mockImplementation(() => {
    if (code !== undefined) throw Object.assign(new Error(code), { code });
    return true;
  });
}

describe('parseProcessStatus', () => {
  test('finds the start time after a command of spaces, parentheses and digits', () => {
    for (const command of ['node', 'a b', ') S 1 2 3', '((', 'x) Z 1 (y', '']) {
      expect(parseProcessStatus(statusLine({ command }))).toEqual({ startTime: '215846', ended: false });
    }
  });

  test.each(['Z', 'X'])('state %s is the end only when no other thread is left to finish a write', (state) => {
    expect(parseProcessStatus(statusLine({ state, threads: 1 }))?.ended).toBe(true);
    expect(parseProcessStatus(statusLine({ state, threads: 2 }))?.ended).toBe(false);
  });

  test.each(['', 'nonsense', '77 (node) S 1 2', statusLine({ startTime: 'soon' })])('refuses %j', (text) => {
    expect(parseProcessStatus(text)).toBeUndefined();
  });
});

describe('NodeProcessProbe with a /proc made up', () => {
  const self = String(process.pid);
  const links = { '/proc/self': self, '/proc/self/ns/pid': 'pid:[1]', '/proc/self/ns/time': 'time:[2]' };
  const texts = {
    [`/proc/${self}/stat`]: statusLine({ startTime: '5' }),
    '/proc/77/stat': statusLine(),
    '/proc/sys/kernel/random/boot_id': 'c4ff7238\n',
  };

  test('identifies this process', () => {
    expect(probeWithProc(texts, links).identity()).toEqual({
      pid: process.pid,
      platform: process.platform,
      host: nodePlatform().os.hostname(),
      startTime: '5',
      bootId: 'c4ff7238',
      bootTimeMs: undefined,
      machine: undefined,
      pidNamespace: 'pid:[1]',
      timeNamespace: 'time:[2]',
    });
  });

  test('omits facts that it cannot read', () => {
    const unknown = { startTime: undefined, bootId: undefined, pidNamespace: undefined, timeNamespace: undefined };
    expect(probeWithProc({}, {}).identity()).toMatchObject(unknown);
  });

  // A /proc mounted in another pid namespace has a process 77 too, and it is not the one that holds the lock.
  test('does not trust a /proc that knows this process by another number', () => {
    signalsAnswer(undefined);
    const probe = probeWithProc(texts, { ...links, '/proc/self': '1' });
    expect(probe.identity()).toMatchObject({ startTime: undefined, pidNamespace: undefined, timeNamespace: undefined });
    expect(probe.look(77)).toEqual({ startTime: undefined });
  });

  test('a process that signals do not find is absent', () => {
    signalsAnswer('ESRCH');
    expect(probeWithProc(texts, links).look(77)).toBe('absent');
  });

  test.each([undefined, 'EPERM', 'EINVAL'])('a signal that answers %s leaves it to /proc', (code) => {
    signalsAnswer(code);
    expect(probeWithProc(texts, links).look(77)).toEqual({ startTime: '215846' });
  });

  test('a process that /proc hides is not absent', () => {
    signalsAnswer('EPERM');
    expect(probeWithProc({}, links).look(77)).toEqual({ startTime: undefined });
  });
});

describe.each(['darwin', 'win32'] as const)('NodeProcessProbe on %s', (platform) => {
  const interfaces = (...addresses: string[]): ReturnType<typeof os.networkInterfaces> => ({
    any: addresses.map((mac) => ({ mac }) as os.NetworkInterfaceInfo),
    none: undefined,
  });

  function probeOn(replaced: Partial<typeof os>): NodeProcessProbe {
    const node = nodePlatform();
    const kill = (): never => {
      throw Object.assign(new Error('ESRCH'), { code: 'ESRCH' });
    };
    return new NodeProcessProbe({
      ...node,
      fs: { ...fs, readFileSync: absent, readlinkSync: absent } as unknown as typeof fs,
      os: { ...os, hostname: () => 'mac.local', ...replaced },
      process: { pid: 42, platform, kill },
      now: () => 1_700_000_000_000,
    });
  }

  const absent = (): never => {
    throw new Error('ENOENT');
  };

  test('reports when the system was started, and the sorted addresses of the machine', () => {
    const list = ['66:77:88:99:aa:bb', '00:00:00:00:00:00', '00:11:22:33:44:55', '66:77:88:99:aa:bb'];
    const probe = probeOn({ uptime: () => 1_000.25, networkInterfaces: () => interfaces(...list) });
    expect(probe.identity()).toEqual({
      pid: 42,
      platform,
      host: 'mac.local',
      startTime: undefined,
      bootId: undefined,
      bootTimeMs: 1_699_998_999_750,
      machine: '00:11:22:33:44:55,66:77:88:99:aa:bb',
      pidNamespace: undefined,
      timeNamespace: undefined,
    });
    expect(probe.look(77)).toBe('absent');
  });

  test('limits the addresses to what a lock file has room for', () => {
    const many = Array.from(
      { length: 300 },
      (_, i) => `00:00:00:00:0${i >> 8}:${(i & 255).toString(16).padStart(2, '0')}`,
    );
    const machine = probeOn({ networkInterfaces: () => interfaces(...many) }).identity().machine;
    expect(machine?.split(',')).toEqual(many.slice(1, 29));
  });

  test('omits facts that the platform refuses or does not have', () => {
    const refused = { uptime: absent, networkInterfaces: absent };
    expect(probeOn(refused).identity()).toMatchObject({ bootTimeMs: undefined, machine: undefined });
    const offline = { networkInterfaces: () => interfaces('00:00:00:00:00:00') };
    expect(probeOn(offline).identity().machine).toBeUndefined();
  });
});

describe.runIf(ON_LINUX)('NodeProcessProbe on Linux', () => {
  const probe = new NodeProcessProbe(nodePlatform());

  test('sees itself as it describes itself', () => {
    const { startTime, bootId, pidNamespace } = probe.identity();
    expect(startTime).toMatch(/^\d+$/);
    expect(bootId).toMatch(/^[0-9a-f-]{36}$/);
    expect(pidNamespace).toMatch(/^pid:\[\d+\]$/);
    expect(probe.look(process.pid)).toEqual({ startTime });
  });

  test('a process that has ended and was collected is absent', () => {
    const { pid } = spawnSync('true');
    expect(probe.look(pid)).toBe('absent');
  });

  /*
   * In a container the first process is often a program that never collects its children, so a killed process stays
   * visible. This process collects only when its event loop runs, which it does not during this test.
   */
  test('a process that was killed and not collected has ended', () => {
    const child = spawn('sleep', ['60']);
    const pid = child.pid as number;
    child.kill('SIGKILL');
    const deadline = Date.now() + 10_000;
    while (probe.look(pid) !== 'ended' && Date.now() < deadline);
    expect(probe.look(pid)).toBe('ended');
  });
});
