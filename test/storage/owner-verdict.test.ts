import { describe, expect, test } from 'vitest';
import type { LockOwner } from '../../src/storage/lock-owner.ts';
import { judgeOwner, type OwnerVerdict } from '../../src/storage/owner-verdict.ts';
import type { ProcessSight } from '../../src/storage/process-identity.ts';

const INITIAL = 'pid:[4026531836]';

const SELF: LockOwner = {
  pid: 500,
  platform: 'linux',
  host: 'here',
  startTime: '9000',
  bootId: 'this boot',
  pidNamespace: INITIAL,
  timeNamespace: 'time:[1]',
  nonce: '5'.repeat(32),
  since: '2024-01-01T00:00:00.000Z',
  localVolume: true,
};

const OWNER: LockOwner = { ...SELF, pid: 77, startTime: '1000', nonce: '7'.repeat(32) };

/** The verdict on an owner that differs from `OWNER` in `theirs`, when looking at its pid shows `sight`. */
function verdict(sight: ProcessSight, theirs: Partial<LockOwner> = {}, ours: Partial<LockOwner> = {}): OwnerVerdict {
  return judgeOwner({ ...OWNER, ...theirs }, { ...SELF, ...ours }, () => sight);
}

const RUNNING: ProcessSight = { startTime: '1000' };
const UNSEEN: ProcessSight = { startTime: undefined };

describe('an owner of the same boot and pid namespace', () => {
  test('is gone when there is no such process, or only what its parent has not collected', () => {
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

  test('cannot be told where start times are not known or not of one clock', () => {
    expect(verdict(UNSEEN)).toBe('unknown');
    expect(verdict(RUNNING, { startTime: undefined })).toBe('unknown');
    expect(verdict({ startTime: '1001' }, { timeNamespace: 'time:[2]' })).toBe('unknown');
  });

  test('is gone without a process of its pid, whatever its clock', () => {
    expect(verdict('absent', { timeNamespace: 'time:[2]' })).toBe('gone');
  });
});

describe('an owner that sees other processes', () => {
  // What a pid shows here says nothing of a process there: not even looking must change the verdict.
  const absentHere: ProcessSight = 'absent';

  test.each<[string, Partial<LockOwner>, Partial<LockOwner>]>([
    ['in another pid namespace', { pidNamespace: 'pid:[4026532000]' }, {}],
    ['in a pid namespace neither can name', { pidNamespace: undefined }, { pidNamespace: undefined }],
    ['on another platform', { platform: 'freebsd' }, {}],
    ['on a Linux that hides its boot id', { bootId: undefined }, { bootId: undefined }],
    [
      'in a jail, perhaps',
      { platform: 'freebsd' },
      { platform: 'freebsd', bootId: undefined, pidNamespace: undefined },
    ],
    ['on another host, another boot', { host: 'there', bootId: 'boot there' }, {}],
  ])('%s cannot be told', (_name, theirs, ours) => {
    expect(verdict(absentHere, theirs, ours)).toBe('unknown');
  });
});

describe('an owner on a platform without namespaces', () => {
  const none = { bootId: undefined, pidNamespace: undefined, timeNamespace: undefined, startTime: undefined };

  test.each(['darwin', 'win32'])('%s: is gone when the same host has no such process', (platform) => {
    expect(verdict('absent', { ...none, platform }, { ...none, platform })).toBe('gone');
    expect(verdict(UNSEEN, { ...none, platform }, { ...none, platform })).toBe('unknown');
    expect(verdict('absent', { ...none, platform, host: 'there' }, { ...none, platform })).toBe('unknown');
  });

  test('a lock that a Linux container left on a shared directory cannot be told', () => {
    expect(verdict('absent', {}, { ...none, platform: 'darwin' })).toBe('unknown');
  });
});

describe('after a reboot', () => {
  const before = { bootId: 'the boot before' };

  test('the owner is gone where the volume can belong to one running system only', () => {
    expect(verdict(RUNNING, before)).toBe('gone');
  });

  test.each<[string, Partial<LockOwner>, Partial<LockOwner>]>([
    ['they saw it through a network', { ...before, localVolume: false }, {}],
    ['we see it through a network', before, { localVolume: false }],
    ['they were in a container', { ...before, pidNamespace: 'pid:[4026532000]' }, {}],
    ['we are in a container', before, { pidNamespace: 'pid:[4026532000]' }],
    ['the host has another name', { ...before, host: 'there' }, {}],
    ['their boot has no id', { bootId: undefined }, {}],
    ['our boot has no id', before, { bootId: undefined }],
  ])('the owner cannot be told when %s', (_name, theirs, ours) => {
    expect(verdict('absent', theirs, ours)).toBe('unknown');
  });
});
