import { closeSync, openSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ChildScript } from './child-script.ts';

/** The result of a fight. */
export interface FightResult {
  /** How often a process got the lock. */
  readonly rounds: number;
  /** How many processes were killed while they held it, and how many stale locks the others took over. */
  readonly kills: number;
  readonly takeovers: number;
  /** Violations that any of them reported. */
  readonly lies: readonly string[];
}

const lookEveryMs = 1;
const markerBytes = 16;
const roundsATelling = 10;

/**
 * Processes that compete for one lock. From time to time the holder is killed, so that the others compete for a stale
 * lock, and a new process takes its place.
 */
export class LockFight {
  readonly #script: URL;
  readonly #directory: string;
  readonly #marker: string;
  readonly #ended: ChildScript[] = [];
  #fighters: ChildScript[] = [];

  /** `script` is the fighter; `directory` is an empty one. */
  constructor(script: URL, directory: string) {
    this.#script = script;
    this.#directory = join(directory, 'store');
    this.#marker = join(directory, 'marker');
    writeFileSync(this.#marker, ' '.repeat(markerBytes));
  }

  /**
   * Lets `processes` of them compete until `rounds` are over and at least one was killed. Kills one holder in each
   * `roundsAKill` rounds, if there is one; leaves no process behind.
   */
  async run(processes: number, rounds: number, roundsAKill: number): Promise<FightResult> {
    let kills = 0;
    try {
      for (let i = 0; i < processes; i += 1) this.#fighters.push(this.#start());
      for (const fighter of this.#fighters) await fighter.line(0);
      while ((this.#count('taken ', roundsATelling) < rounds || kills === 0) && this.#lies().length === 0) {
        if (this.#count('taken ', roundsATelling) >= (kills + 1) * roundsAKill && (await this.#killHolder()))
          kills += 1;
        await sleep(lookEveryMs);
      }
    } finally {
      for (const fighter of this.#fighters) await fighter.kill();
      this.#ended.push(...this.#fighters);
    }
    this.#fighters = [];
    return {
      rounds: this.#count('taken ', roundsATelling),
      kills,
      takeovers: this.#count('stale', 1),
      lies: this.#lies(),
    };
  }

  #start(): ChildScript {
    return new ChildScript(this.#script, [this.#directory, this.#marker]);
  }

  /** Kills the process that the marker names; false if no process held the lock at this time. */
  async #killHolder(): Promise<boolean> {
    const pid = Number(this.#readMarker());
    const holder = this.#fighters.find((fighter) => fighter.pid === pid);
    if (holder === undefined) return false;
    this.#fighters = this.#fighters.filter((fighter) => fighter !== holder);
    await holder.kill();
    this.#ended.push(holder);
    const replacement = this.#start();
    this.#fighters.push(replacement);
    await replacement.line(0);
    return true;
  }

  #readMarker(): string {
    const file = openSync(this.#marker, 'r');
    try {
      const bytes = Buffer.alloc(markerBytes);
      readSync(file, bytes, 0, markerBytes, 0);
      return bytes.toString('latin1').trim();
    } finally {
      closeSync(file);
    }
  }

  #count(beginning: string, worth: number): number {
    const said = this.#all().flatMap(({ lines }) => lines.filter((line) => line.startsWith(beginning)));
    return said.length * worth;
  }

  #lies(): string[] {
    return this.#all().flatMap(({ lines }) => lines.filter((line) => line.startsWith('LIE ')));
  }

  #all(): readonly ChildScript[] {
    return [...this.#ended, ...this.#fighters];
  }
}
