/*
 * Two ways in which a caller that left by its signal left something behind. Aborted from within the call itself (a reader
 * that gives up on its own client), the promise of the work was never listened to, and its rejection ended the process.
 * Aborted in the turn in which its fold began, it had not been counted as waiting for that fold, so that the fold went on
 * to its end with nobody waiting for it.
 */
import { expect, test } from 'vitest';
import { Freshness } from '../../src/projection/freshness.ts';
import { GatedWorld, settle } from '../projection/gated-world.ts';
import { totals } from '../projection/totals.ts';

const gone = new Error('client gone');

test('a signal aborted by the event source itself: one rejection, which the caller hears', async () => {
  const unheard: unknown[] = [];
  const listen = (reason: unknown): number => unheard.push(reason);
  process.on('unhandledRejection', listen);
  try {
    const world = new GatedWorld();
    world.append('a', 1);
    const controller = new AbortController();
    const { source } = world;
    const aborting = {
      ...source,
      head: (stream: string, kinds: readonly string[]) => {
        controller.abort(gone);
        return source.head(stream, kinds);
      },
    };
    const projector = world.projector({ source: aborting });
    await expect(projector.project(totals, 'a', Freshness.consistent, controller)).rejects.toBe(gone);
    await settle();
    expect([unheard, world.log.reads]).toEqual([[], []]);
  } finally {
    process.off('unhandledRejection', listen);
  }
});

test('a signal aborted in any turn: the fold ends with its only caller', async () => {
  for (let turns = 0; turns < 30; turns += 1) {
    const world = new GatedWorld();
    world.append('a', 1, 2, 3);
    world.events.close();
    const controller = new AbortController();
    const call = world.projector().project(totals, 'a', Freshness.consistent, controller);
    const outcome = call.catch((error: unknown) => error);
    for (let turn = 0; turn < turns; turn += 1) await null;
    controller.abort(gone);
    expect(await outcome).toBe(gone);
    await settle();
    await world.events.open();
    expect(world.log.eventsRead).toBeLessThanOrEqual(1);
    expect(world.log.readsClosed).toBe(world.log.reads.length);
  }
});
