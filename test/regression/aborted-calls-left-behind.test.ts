/*
 * Two bugs with callers that left by their signal. If the signal was aborted from within the call itself (by a reader
 * that stops its own client), no handler was attached to the promise of the work, and its rejection ended the process.
 * If it was aborted in the turn in which its fold started, the caller had not been counted as waiting, and the fold
 * continued to its end without callers.
 */
import { expect, test } from 'vitest';
import { Freshness } from '../../src/projection/freshness.ts';
import { GatedSetup, settle } from '../projection/gated-setup.ts';
import { totals } from '../projection/totals.ts';

const gone = new Error('client gone');

test('a signal aborted by the event source itself: one rejection, which the caller receives', async () => {
  const unheard: unknown[] = [];
  const listen = (reason: unknown): number => unheard.push(reason);
  process.on('unhandledRejection', listen);
  try {
    const setup = new GatedSetup();
    setup.append('a', 1);
    const controller = new AbortController();
    const { source } = setup;
    const aborting = {
      ...source,
      head: (stream: string, kinds: readonly string[]) => {
        controller.abort(gone);
        return source.head(stream, kinds);
      },
    };
    const projector = setup.projector({ source: aborting });
    await expect(projector.project(totals, 'a', Freshness.consistent, controller)).rejects.toBe(gone);
    await settle();
    expect([unheard, setup.log.reads]).toEqual([[], []]);
  } finally {
    process.off('unhandledRejection', listen);
  }
});

test('a signal aborted in any turn: the fold ends with its only caller', async () => {
  for (let turns = 0; turns < 30; turns += 1) {
    const setup = new GatedSetup();
    setup.append('a', 1, 2, 3);
    setup.events.close();
    const controller = new AbortController();
    const call = setup.projector().project(totals, 'a', Freshness.consistent, controller);
    const outcome = call.catch((error: unknown) => error);
    for (let turn = 0; turn < turns; turn += 1) await null;
    controller.abort(gone);
    expect(await outcome).toBe(gone);
    await settle();
    await setup.events.open();
    expect(setup.log.eventsRead).toBeLessThanOrEqual(1);
    expect(setup.log.readsClosed).toBe(setup.log.reads.length);
  }
});
