/*
 * Takes and releases the lock of a directory, without end, until it is killed: lock-fighter.ts DIRECTORY MARKER
 *
 * MARKER is a file in which every holder writes its pid, and which it clears before it releases the lock. So a process
 * that gets the lock must find the file empty, or with the pid of a process that was killed as a holder; anything else
 * is a second holder. Writes `taken N` from time to time for its N-th round, `stale` if the lock was that of a killed
 * process, and `LIE` with the violation.
 */
import { openSync, readSync, writeSync } from 'node:fs';
import { NodeStorage } from '../../src/storage/node-storage.ts';
import type { StorageLock } from '../../src/storage/storage-backend.ts';

const markerBytes = 16;
const roundsATelling = 10;
/** A holder keeps the lock for at most so many checks of the marker. */
const looksMax = 30;
/** One millisecond each. */
const corpseLooksMax = 1000;

const [path = '', marker = ''] = process.argv.slice(2);
const directory = new NodeStorage().openDirectory(path, { create: true });
const markerFile = openSync(marker, 'r+');
const own = String(process.pid);

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

function readMarker(): string {
  const bytes = Buffer.alloc(markerBytes);
  readSync(markerFile, bytes, 0, markerBytes, 0);
  return bytes.toString('latin1').trim();
}

function writeMarker(text: string): void {
  writeSync(markerFile, Buffer.from(text.padEnd(markerBytes), 'latin1'), 0, markerBytes, 0);
}

function tryLock(): StorageLock | undefined {
  try {
    return directory.lock();
  } catch (error) {
    if ((error as { code?: string }).code === 'LOCKED') return undefined;
    throw error;
  }
}

/** A killed process is visible until its parent has collected its exit status, which happens soon. */
function isGone(pid: number): boolean {
  for (let look = 0; look < corpseLooksMax; look += 1) {
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
  }
  return false;
}

/** While the lock is held. */
function hold(lock: StorageLock): void {
  const found = readMarker();
  // A process that removed the stale lock may lose the free lock to another one, which then does not know of the stale
  // one.
  if (lock.takenOverFrom !== undefined) say('stale');
  if (found !== '' && !isGone(Number(found))) say(`LIE ${own} holds the lock, and so does ${found}`);
  writeMarker(own);
  const looks = 1 + Math.floor(Math.random() * looksMax);
  for (let look = 0; look < looks; look += 1) {
    const seen = readMarker();
    if (seen !== own) say(`LIE ${seen} came in while ${own} held the lock`);
    if (!lock.isHeld()) say(`LIE ${own} lost the lock it holds`);
  }
  writeMarker('');
}

say('ready');
for (let taken = 0; ; ) {
  const lock = tryLock();
  if (lock === undefined) continue;
  hold(lock);
  lock.release();
  taken += 1;
  if (taken % roundsATelling === 0) {
    say(`taken ${roundsATelling}`);
    // Lets a full pipe drain.
    await new Promise((resolve) => setImmediate(resolve));
  }
}
