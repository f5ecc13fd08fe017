/*
 * Why this test: a lease decides by time that an owner is gone. Here both clocks of the process are set by the test, and
 * that of the file system by setting the time of a file.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { LeaseWatch } from '../../src/storage/lease-watch.ts';
import { decodeLockOwner, encodeLockOwner, type LockOwner } from '../../src/storage/lock-owner.ts';
import { type NodePlatform, nodePlatform } from '../../src/storage/node-fs.ts';
import { takeNodeLock } from '../../src/storage/node-lock.ts';
import { NodeProcessProbe } from '../../src/storage/process-identity.ts';
import type { StorageLock } from '../../src/storage/storage-backend.ts';
import { nonceOf } from './lock-simulation.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const LEASE_MS = 10_000;

/** A platform whose clocks and timer belong to the test. */
class TestPlatform {
  elapsed = 5_000;
  now: number = Date.now();
  timers: { readonly every: number; readonly task: () => void; stopped: boolean }[] = [];
  readonly node: NodePlatform;

  constructor(replaced: Partial<typeof fs> = {}) {
    const repeat = (every: number, task: () => void): (() => void) => {
      const timer = { every, task, stopped: false };
      this.timers.push(timer);
      return () => {
        timer.stopped = true;
      };
    };
    const elapsed = (): number => this.elapsed;
    this.node = { ...nodePlatform(), fs: { ...fs, ...replaced }, elapsed, now: () => this.now, repeat };
  }

  pass(milliseconds: number): void {
    this.elapsed += milliseconds;
    this.now += milliseconds;
  }
}

/** The lock of a process in another container, written `ageMs` ago by the clock of the file system. */
class OtherLock {
  readonly path: string = temporaryDirectory();
  readonly watch: LeaseWatch;
  readonly platform: TestPlatform = new TestPlatform();

  constructor(change: Partial<LockOwner> = {}) {
    this.watch = new LeaseWatch(this.platform.node);
    this.write('LOCK', change);
  }

  write(name: string, change: Partial<LockOwner>, renewals = 0, ageMs: number = 2 * LEASE_MS): void {
    const identity = new NodeProcessProbe(nodePlatform()).identity();
    const elsewhere = { ...identity, pidNamespace: 'pid:[1]', nonce: nonceOf(77), localVolume: true };
    const owner = { ...elsewhere, since: '2024-01-01T00:00:00.000Z', leaseMs: LEASE_MS, ...change };
    const path = join(this.path, name);
    fs.writeFileSync(path, encodeLockOwner(owner, renewals));
    const written = (Date.now() - ageMs) / 1000;
    fs.utimesSync(path, written, written);
  }

  take(): StorageLock {
    const lock = takeNodeLock(this.platform.node, this.path, { leaseMs: LEASE_MS, watch: this.watch });
    onTestFinished(() => lock.release());
    return lock;
  }

  expectRefused(): void {
    expect(() => this.take()).toThrow(expect.objectContaining({ code: 'LOCKED' }));
  }
}

describe('the lease of another owner', () => {
  test('ends when its lock did not change while it was watched for one lease', () => {
    const other = new OtherLock();
    other.expectRefused();
    other.platform.pass(LEASE_MS - 1);
    other.expectRefused();
    other.platform.pass(1);
    expect(other.take().takenOverFrom).toMatch(/^process \d+ on host/);
    expect(fs.readdirSync(other.path)).toEqual(['LOCK']);
  });

  test('does not end when it is renewed while it is watched, even if the time of the file stays', () => {
    const other = new OtherLock();
    for (let renewals = 1; renewals < 10; renewals += 1) {
      other.expectRefused();
      other.platform.pass(LEASE_MS / 2);
      other.write('LOCK', {}, renewals);
    }
    other.expectRefused();
    other.platform.pass(LEASE_MS);
    other.take();
  });

  test('does not end when the time of the file changes', () => {
    const other = new OtherLock();
    for (let round = 0; round < 4; round += 1) {
      other.expectRefused();
      other.platform.pass(LEASE_MS);
      other.write('LOCK', {}, 0, 10 * LEASE_MS - round * 1_000);
    }
    other.expectRefused();
  });

  test('does not end before it is old by the clock of the file system', () => {
    const other = new OtherLock();
    other.write('LOCK', {}, 0, 0);
    other.expectRefused();
    other.platform.pass(100 * LEASE_MS);
    other.expectRefused();
  });

  test('is that of the lock, not of the taker', () => {
    const other = new OtherLock({ leaseMs: 3 * LEASE_MS });
    other.write('LOCK', { leaseMs: 3 * LEASE_MS }, 0, 4 * LEASE_MS);
    other.expectRefused();
    other.platform.pass(2 * LEASE_MS);
    other.expectRefused();
    other.platform.pass(LEASE_MS);
    other.take();
  });

  test('is named in the message, with the time to wait', () => {
    const other = new OtherLock();
    expect(() => other.take()).toThrow(
      /readOnly: true, or wait with waitForLockMs: 20000 \(its lease of 10000 ms ends/,
    );
  });

  test.each([undefined, 0, -1, '10000', null])('a lock whose lease is %j has none', (leaseMs) => {
    const other = new OtherLock({ leaseMs: leaseMs as number });
    other.expectRefused();
    other.platform.pass(100 * LEASE_MS);
    other.expectRefused();
  });

  test('a guard of a taker that was killed ends too', () => {
    const other = new OtherLock();
    other.write(`LOCK.${nonceOf(77)}`, { nonce: nonceOf(78) });
    other.expectRefused();
    other.platform.pass(LEASE_MS);
    other.expectRefused();
    other.platform.pass(LEASE_MS);
    other.take();
    expect(fs.readdirSync(other.path)).toEqual(['LOCK']);
  });

  test('counts for a process that is visible but stopped', () => {
    const other = new OtherLock();
    const identity = new NodeProcessProbe(nodePlatform()).identity();
    other.write('LOCK', { ...identity, pid: process.ppid, startTime: undefined });
    other.expectRefused();
    other.platform.pass(LEASE_MS);
    other.take();
  });
});

/** A lock with a lease that this process holds. */
class OwnLock {
  readonly path: string = temporaryDirectory();
  readonly platform: TestPlatform;
  readonly lock: StorageLock;

  /** The ages of renewals that were late. */
  readonly late: number[] = [];

  constructor(replaced: Partial<typeof fs> = {}) {
    this.platform = new TestPlatform(replaced);
    const onRenewedLate = (ageMs: number): void => void this.late.push(ageMs);
    this.lock = takeNodeLock(this.platform.node, this.path, { leaseMs: LEASE_MS, onRenewedLate });
    onTestFinished(() => {
      if (fs.existsSync(this.path)) this.lock.release();
    });
  }

  text(name = 'LOCK'): string {
    return fs.readFileSync(join(this.path, name), 'utf8');
  }
}

describe('a lease of this process', () => {
  test('reports a renewal after more than half of it, once, and none in time or after the lock is lost', () => {
    const { lock, platform, late, path } = bound(new OwnLock());
    platform.pass(LEASE_MS / 2 - 1);
    expect([lock.isHeld(), late]).toEqual([true, []]);
    platform.pass(3 * LEASE_MS);
    expect([lock.isHeld(), lock.isHeld(), late]).toEqual([true, true, [3 * LEASE_MS]]);
    fs.rmSync(join(path, 'LOCK'));
    platform.pass(3 * LEASE_MS);
    expect([lock.isHeld(), late]).toEqual([false, [3 * LEASE_MS]]);
  });

  test('is in the lock file, and renewed by a timer without changing the length of the file', () => {
    const { lock, platform, path, text } = bound(new OwnLock());
    expect(decodeLockOwner(text())).toMatchObject({ leaseMs: LEASE_MS });
    const [timer] = platform.timers;
    expect(timer?.every).toBe(LEASE_MS / 4);
    const texts = [text()];
    for (let round = 0; round < 3; round += 1) {
      platform.pass(LEASE_MS / 4);
      timer?.task();
      texts.push(text());
    }
    expect(new Set(texts).size).toBe(4);
    expect(new Set(texts.map((each) => each.length)).size).toBe(1);
    expect(lock.isHeld()).toBe(true);
    expect(fs.readdirSync(path)).toEqual(['LOCK']);
    lock.release();
    expect(timer?.stopped).toBe(true);
    expect(fs.readdirSync(path)).toEqual([]);
  });

  test('is renewed by the check before a write if the event loop is blocked', () => {
    const { lock, platform, text } = bound(new OwnLock());
    const before = text();
    platform.pass(LEASE_MS / 4 - 1);
    expect(lock.isHeld()).toBe(true);
    expect(text()).toBe(before);
    platform.pass(1);
    expect(lock.isHeld()).toBe(true);
    expect(text()).not.toBe(before);
  });

  test.each([
    { by: 'both clocks', elapsed: LEASE_MS, now: LEASE_MS },
    { by: 'a system that slept', elapsed: 0, now: LEASE_MS },
    { by: 'a clock that was set back', elapsed: LEASE_MS, now: -1e9 },
  ])('is renewed under the guard once it has ended by $by, if no process wants the lock', ({ elapsed, now }) => {
    const { lock, platform, path, text } = bound(new OwnLock());
    const before = text();
    platform.elapsed += elapsed;
    platform.now += now;
    expect(lock.isHeld()).toBe(true);
    expect(text()).not.toBe(before);
    expect(fs.readdirSync(path)).toEqual(['LOCK']);
  });

  test('is lost for good if a process is taking the lock over', () => {
    const { lock, platform, path, text } = bound(new OwnLock());
    const owner = decodeLockOwner(text()) as LockOwner;
    const guard = join(path, `LOCK.${owner.nonce}`);
    fs.writeFileSync(guard, encodeLockOwner({ ...owner, nonce: nonceOf(9), pidNamespace: 'pid:[1]' }));
    platform.pass(LEASE_MS);
    expect(lock.isHeld()).toBe(false);
    fs.rmSync(guard);
    expect(lock.isHeld()).toBe(false);
  });

  test('is lost if the lock was taken over, and the new lock is not touched', () => {
    const { lock, platform, path, text } = bound(new OwnLock());
    const owner = decodeLockOwner(text()) as LockOwner;
    fs.rmSync(join(path, 'LOCK'));
    fs.writeFileSync(join(path, 'LOCK'), encodeLockOwner({ ...owner, nonce: nonceOf(9) }));
    const theirs = text();
    platform.pass(LEASE_MS);
    platform.timers[0]?.task();
    expect(lock.isHeld()).toBe(false);
    lock.release();
    expect(text()).toBe(theirs);
  });

  test('that cannot be renewed fails the check, which succeeds later', () => {
    let broken = false;
    const { lock, platform, text } = bound(
      new OwnLock({
        writeSync: ((...rest: Parameters<typeof fs.writeSync>) => {
          if (broken) throw Object.assign(new Error('EIO'), { code: 'EIO' });
          return fs.writeSync(...rest);
        }) as typeof fs.writeSync,
      }),
    );
    const before = text();
    broken = true;
    platform.pass(LEASE_MS / 4);
    expect(() => platform.timers[0]?.task()).not.toThrow();
    expect(() => lock.isHeld()).toThrow('EIO');
    expect(text()).toBe(before);
    broken = false;
    expect(lock.isHeld()).toBe(true);
    expect(text()).not.toBe(before);
  });
});

/** The parts, so that a test can destructure them. */
function bound(own: OwnLock): Pick<OwnLock, 'lock' | 'platform' | 'path' | 'text' | 'late'> {
  const { lock, platform, path, late } = own;
  return { lock, platform, path, late, text: (name) => own.text(name) };
}
