import { describe, expect, test } from 'vitest';
import type { LockOwner } from '../../src/storage/lock-owner.ts';
import { judgeOwner, type OwnerVerdict } from '../../src/storage/owner-verdict.ts';
import type { ProcessState } from '../../src/storage/process-identity.ts';

const INITIAL = 'pid:[4026531836]';

const SELF: LockOwner = {
  pid: 500,
  platform: 'linux',
  host: 'here',
  startTime: '9000',
  bootId: 'this boot',
  bootTimeMs: undefined,
  machine: undefined,
  pidNamespace: INITIAL,
  timeNamespace: 'time:[1]',
  nonce: '5'.repeat(32),
  since: '2024-01-01T00:00:00.000Z',
  localVolume: true,
};

const OWNER: LockOwner = { ...SELF, pid: 77, startTime: '1000', nonce: '7'.repeat(32) };

/** The verdict on an owner that differs from `OWNER` in `theirs`, if looking at its pid returns `state`. */
function verdict(state: ProcessState, theirs: Partial<LockOwner> = {}, ours: Partial<LockOwner> = {}): OwnerVerdict {
  return judgeOwner({ ...OWNER, ...theirs }, { ...SELF, ...ours }, () => state);
}

const RUNNING: ProcessState = { startTime: '1000' };
const UNSEEN: ProcessState = { startTime: undefined };

describe('an owner of the same boot and pid namespace', () => {
  test('is gone if there is no such process, or only one that its parent has not collected', () => {
    expect(verdict('absent')).toBe('gone');
    expect(verdict('ended')).toBe('gone');
  });

  test('is gone when another process has its pid now', () => {
    expect(verdict({ startTime: '1001' })).toBe('gone');
  });

  test('runs when a process with its pid and start time does', () => {
    expect(verdict(RUNNING)).toBe('running');
  });

  test('is another thread of this process when pid and start time are', () => {
    expect(verdict({ startTime: '9000' }, { pid: 500, startTime: '9000' })).toBe('thread');
  });

  test('is unknown if start times are missing or not of one clock', () => {
    expect(verdict(UNSEEN)).toBe('unknown');
    expect(verdict(RUNNING, { startTime: undefined })).toBe('unknown');
    expect(verdict({ startTime: '1001' }, { timeNamespace: 'time:[2]' })).toBe('unknown');
  });

  test('is gone without a process of its pid, with any clock', () => {
    expect(verdict('absent', { timeNamespace: 'time:[2]' })).toBe('gone');
  });
});

describe('an owner that sees other processes', () => {
  // What a pid shows here says nothing about a process there: even the result of the look must not change the verdict.
  const absentHere: ProcessState = 'absent';

  test.each<[string, Partial<LockOwner>, Partial<LockOwner>]>([
    ['in another pid namespace', { pidNamespace: 'pid:[4026532000]' }, {}],
    ['in a pid namespace that neither can name', { pidNamespace: undefined }, { pidNamespace: undefined }],
    ['on another platform', { platform: 'freebsd' }, {}],
    ['on a Linux that hides its boot id', { bootId: undefined }, { bootId: undefined }],
    [
      'in a jail, perhaps',
      { platform: 'freebsd' },
      { platform: 'freebsd', bootId: undefined, pidNamespace: undefined },
    ],
    ['on another host, another boot', { host: 'there', bootId: 'boot there' }, {}],
  ])('%s is unknown', (_name, theirs, ours) => {
    expect(verdict(absentHere, theirs, ours)).toBe('unknown');
  });
});

describe.each(['darwin', 'win32'])('an owner on %s, which has no boot id', (platform) => {
  const BOOT = 1_700_000_000_000;
  const system: Partial<LockOwner> = {
    platform,
    bootId: undefined,
    pidNamespace: undefined,
    timeNamespace: undefined,
    startTime: undefined,
    localVolume: false,
    bootTimeMs: BOOT,
    machine: '00:11:22:33:44:55,66:77:88:99:aa:bb',
  };
  const here = (state: ProcessState, theirs: Partial<LockOwner> = {}, ours: Partial<LockOwner> = {}): OwnerVerdict =>
    verdict(state, { ...system, ...theirs }, { ...system, ...ours });

  test('is gone when the same run of the same machine has no such process', () => {
    expect(here('absent')).toBe('gone');
    expect(here('absent', { bootTimeMs: BOOT + 2_000 })).toBe('gone');
    expect(here('absent', { bootTimeMs: BOOT - 2_000 })).toBe('gone');
  });

  test('is gone even if the name of the host has changed since', () => {
    expect(here('absent', { host: 'mac.local' }, { host: 'mac-2.local' })).toBe('gone');
  });

  test('is unknown while there is a process with its pid, which may have been reused', () => {
    expect(here(UNSEEN)).toBe('unknown');
    expect(here(UNSEEN, { pid: SELF.pid })).toBe('unknown');
  });

  // Two machines of the same name on a share: each judged the other gone, and both wrote.
  test.each<[string, Partial<LockOwner>, Partial<LockOwner>]>([
    ['is another machine of the same name', { machine: '00:11:22:33:44:56' }, {}],
    ['shares one address of several', { machine: '66:77:88:99:aa:bb' }, {}],
    ['has no address, like us', { machine: undefined }, { machine: undefined }],
    ['was started at another time', { bootTimeMs: BOOT + 2_001 }, {}],
    ['was started before, in an earlier run', { bootTimeMs: BOOT - 86_400_000 }, {}],
    ['does not say when it was started', { bootTimeMs: undefined }, {}],
    ['is of a time without a number', { bootTimeMs: Number.NaN }, {}],
    ['is known by its name alone', { bootTimeMs: undefined, machine: undefined }, {}],
    ['is on another platform', { platform: 'linux' }, {}],
  ])('is unknown if it %s', (_name, theirs, ours) => {
    expect(here('absent', theirs, ours)).toBe('unknown');
  });

  test('that is a month old may have a clock that drifted, but not one that was set', () => {
    const month = { since: '2024-02-01T00:00:00.000Z' };
    expect(here('absent', {}, { ...month, bootTimeMs: BOOT + 200_000 })).toBe('gone');
    expect(here('absent', {}, { ...month, bootTimeMs: BOOT + 3_600_000 })).toBe('unknown');
    expect(here('absent', month, { bootTimeMs: BOOT + 200_000 })).toBe('unknown');
    expect(here('absent', { since: 'some day' }, { bootTimeMs: BOOT + 1 })).toBe('unknown');
  });
});

describe('after a reboot', () => {
  const before = { bootId: 'the boot before' };

  test('the owner is gone if the volume can belong to only one running system', () => {
    expect(verdict(RUNNING, before)).toBe('gone');
  });

  test.each<[string, Partial<LockOwner>, Partial<LockOwner>]>([
    ['they saw it through a network', { ...before, localVolume: false }, {}],
    ['we see it through a network', before, { localVolume: false }],
    ['they were in a container', { ...before, pidNamespace: 'pid:[4026532000]' }, {}],
    ['we are in a container', before, { pidNamespace: 'pid:[4026532000]' }],
    ['the host has another name', { ...before, host: 'there' }, {}],
    // What the rule relies on is known of Linux only.
    ['they were on another system', { ...before, platform: 'freebsd' }, {}],
    ['we are on another system', before, { platform: 'freebsd' }],
    ['both were on another system', { ...before, platform: 'freebsd' }, { platform: 'freebsd' }],
    ['their boot has no id', { bootId: undefined }, {}],
    ['our boot has no id', before, { bootId: undefined }],
  ])('the owner is unknown if %s', (_name, theirs, ours) => {
    expect(verdict('absent', theirs, ours)).toBe('unknown');
  });
});
