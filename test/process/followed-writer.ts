import { setTimeout as sleep } from 'node:timers/promises';
import { ChildScript } from './child-script.ts';
import type { WorkloadName } from './operations.ts';

/** What the followers of one writer have done. */
export interface Following {
  readonly kills: number;
  /** Refreshes with a check of all entries, and those of them that found a change. */
  readonly looks: number;
  readonly changes: number;
  /** Refreshes that found another log. */
  readonly replaced: number;
  /** Whole scans that lasted over many refreshes. */
  readonly scans: number;
  /** Operations that the writers have reported as durable. */
  readonly operations: number;
}

/**
 * Runs a writer, kills it at random times and starts the next one, while other processes follow it. Rejects if one of them has
 * seen something wrong.
 */
export async function followWriter(options: {
  readonly writer: URL;
  readonly follower: URL;
  readonly directory: string;
  readonly followers: number;
  /** How long at least. */
  readonly milliseconds: number;
  /** How many writers are killed at least: a slow machine takes longer. */
  readonly killsMin: number;
  /** A writer lives at most this long. */
  readonly lifeMsMax: number;
}): Promise<Following> {
  const { directory, milliseconds, killsMin, lifeMsMax } = options;
  const name: WorkloadName = 'overwriting';
  const end = performance.now() + milliseconds;
  let writer = new ChildScript(options.writer, [directory, name, 'next', '20']);
  await writer.lineWith('synced');
  const followers = Array.from(
    { length: options.followers },
    () => new ChildScript(options.follower, [directory, name]),
  );
  let kills = 0;
  let operations = 0;
  try {
    await Promise.all(followers.map((follower) => follower.lineWith('following')));
    while (performance.now() < end || kills < killsMin) {
      const killAt = performance.now() + lifeMsMax * (0.1 + 0.9 * Math.random());
      while (performance.now() < killAt) {
        await sleep(2);
        operations = report(writer, followers, operations);
      }
      await writer.kill();
      operations = report(writer, followers, operations);
      kills += 1;
      writer = new ChildScript(options.writer, [directory, name, 'next', '20']);
      await writer.lineWith('open', 1);
    }
    const sums = await Promise.all(followers.map(summary));
    const sum = (field: string): number => sums.reduce((total, fields) => total + (fields.get(field) ?? 0), 0);
    const [looks, changes, replaced, scans] = ['looks', 'changes', 'replaced', 'scans'].map(sum) as Numbers;
    return { kills, looks, changes, replaced, scans, operations };
  } finally {
    await Promise.all([writer, ...followers].map((script) => script.kill()));
  }
}

type Numbers = [number, number, number, number];

/** Passes on how many operations the writer has reported as durable. */
function report(writer: ChildScript, followers: readonly ChildScript[], before: number): number {
  const synced = Number(writer.lines.findLast((line) => line.startsWith('synced '))?.slice(7) ?? 0);
  if (synced <= before) return before;
  for (const follower of followers) follower.tell(String(synced));
  return synced;
}

async function summary(follower: ChildScript): Promise<Map<string, number>> {
  follower.tell('end');
  const line = await follower.lineWith('looks');
  if (line === undefined) throw new Error(`a follower has failed: ${JSON.stringify(await follower.ended())}`);
  const words = (follower.lines[line] as string).split(' ');
  return new Map(
    Array.from({ length: words.length / 2 }, (_, i) => [words[2 * i] as string, Number(words[2 * i + 1])]),
  );
}
