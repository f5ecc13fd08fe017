/*
 * Why this test: everything else simulates a crash. Here a process is killed for real, at moments nobody has chosen: in the
 * middle of a put, a sync, a compaction, the writing of an image, an opening and the recovery from the kill before.
 *
 * A killed process loses its memory and nothing that it has handed to the kernel, so what is left must be a prefix of its
 * operations that includes all it had said to be synced. `KILL_ROUNDS=1000` runs it for long.
 */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { LogCache } from '../../src/cache/log-cache.ts';
import type { StoreEvent } from '../../src/store/store-event.ts';
import { temporaryDirectory } from '../cache/cache-fixtures.ts';
import { ChildScript } from './child-script.ts';
import { type WorkloadName, workloads } from './operations.ts';
import { operationsHeld } from './survivor.ts';

const rounds = Number(process.env['KILL_ROUNDS'] ?? 4);
/** A store goes through so many kills before the next one begins. */
const roundsALife = 6;
const delayMsMax = 350;
const millisecondsARound = 10_000;

const script: URL = new URL('./writer.ts', import.meta.url);

/** What a killed writer had said. */
interface Testimony {
  readonly pid: number;
  /** Operations it had called durable, 0 where it had come to none. */
  readonly synced: number;
  /** Whether it certainly held the lock when it was killed. */
  readonly held: boolean;
}

/** Lets a writer run from operation `first` on and kills it. */
async function writeUntilKilled(directory: string, name: WorkloadName, first: number): Promise<Testimony> {
  const writer = new ChildScript(script, [directory, name, String(first)]);
  // The first round has 10,000 entries to sync; the later ones may be killed from the moment they begin to open.
  await writer.line(first === 0 ? 2 : 0);
  // Squared, so that openings and recoveries, which are short, get their share.
  await sleep(Math.random() ** 2 * delayMsMax);
  await writer.kill();
  const { pid, lines } = writer;
  const synced = lines.flatMap((line) => (line.startsWith('synced ') ? [Number(line.slice(7))] : []));
  const held = lines.findLast((line) => !line.startsWith('synced ')) === 'open';
  return { pid, synced: synced.at(-1) ?? 0, held };
}

/**
 * Opens what is left twice: as a reader, to whom all that was ever called `durable` is there, and as the next writer, to
 * whom all that was `there` before is. Returns how many operations it stands for.
 */
function examine(
  directory: string,
  name: WorkloadName,
  durable: number,
  there: number,
  { pid, held }: Testimony,
): number {
  const workload = workloads[name];
  using reader = LogCache.open(directory, { readOnly: true });
  const marked = operationsHeld(reader, workload, durable);
  const events: StoreEvent[] = [];
  using writer = LogCache.open(directory, { onEvent: (event) => events.push(event) });
  expect(writer.stats().recovery).toMatchObject({ damaged: [], entriesLost: 0, forgotten: false });
  if (held) {
    const from = expect.stringContaining(`process ${pid} on host `);
    expect(events).toContainEqual({ type: 'lock-taken-over', from });
  }
  expect(writer.verify()).toMatchObject({ ok: true, damaged: [] });
  return operationsHeld(writer, workload, Math.max(marked, there));
}

/** One store and what it must hold. */
class Life {
  readonly directory: string = join(temporaryDirectory(), 'cache');
  readonly #name: WorkloadName;
  /** Operations that are there, and those of them that were called durable. */
  operations = 0;
  #durable = 0;
  generation = 0;

  constructor(name: WorkloadName) {
    this.#name = name;
  }

  async goOn(): Promise<void> {
    const testimony = await writeUntilKilled(this.directory, this.#name, this.operations);
    this.#durable = Math.max(this.#durable, testimony.synced);
    // On a copy, so that the next writer finds the directory as the kill has left it.
    const copy = `${this.directory}-copy`;
    cpSync(this.directory, copy, { recursive: true });
    this.operations = examine(copy, this.#name, this.#durable, this.operations, testimony);
    using reader = LogCache.open(copy, { readOnly: true });
    this.generation = reader.stats().generation;
    rmSync(copy, { recursive: true });
  }
}

const furtherRoundsMax = 40;

test.each<WorkloadName>(['growing', 'overwriting'])(
  'what was synced survives SIGKILL, and of the rest a prefix: %s',
  async (name) => {
    let life = new Life(name);
    for (let round = 0; round < rounds; round += 1) {
      if (round > 0 && round % roundsALife === 0) life = new Life(name);
      await life.goOn();
    }
    // A slow machine gets less done in a life. It goes on until the kills have met what they are for.
    const hasSeenEnough = (): boolean => (name === 'growing' ? life.operations >= 10_000 : life.generation > 1);
    for (let round = 0; round < furtherRoundsMax && !hasSeenEnough(); round += 1) await life.goOn();
    expect(hasSeenEnough(), `${life.operations} operations, generation ${life.generation}`).toBe(true);
  },
  60_000 + (rounds + furtherRoundsMax) * millisecondsARound,
);
