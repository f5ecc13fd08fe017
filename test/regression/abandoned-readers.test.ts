/*
 * When all callers of a fold had left, the fold still waited for the next event. An event log that hung there was
 * neither closed nor notified, and each such call left a database cursor open. The same was true of the replay of a
 * shadow check.
 */
import { describe, expect, test } from 'vitest';
import type { AsyncEventReader, ReadOptions } from '../../src/projection/event-reader.ts';
import { Freshness } from '../../src/projection/freshness.ts';
import { GatedSetup, settle } from '../projection/gated-setup.ts';
import type { Change } from '../projection/memory-log.ts';
import { totals } from '../projection/totals.ts';

const gone = new Error('client gone');

/** Readers of a log that hangs after its first event, as an iterator and as a generator. */
class HangingLog {
  begun = 0;
  closed = 0;
  aborted = 0;
  hangs = true;

  head = async (): Promise<bigint> => 20n;

  get iterators(): AsyncEventReader<Change> {
    return {
      head: this.head,
      read: () => {
        this.begun += 1;
        let sequence = 0n;
        return {
          [Symbol.asyncIterator]: () => ({
            next: async () => {
              sequence += 10n;
              if (sequence > 10n && this.hangs) await new Promise(() => {});
              return { done: false, value: { sequence, event: { kind: 'added', amount: 1 } } };
            },
            return: () => {
              this.closed += 1;
              return Promise.resolve({ done: true, value: undefined });
            },
          }),
        };
      },
    };
  }

  get generators(): AsyncEventReader<Change> {
    const log = this;
    return {
      head: this.head,
      read: async function* (_stream, _kinds, _after, { signal }: ReadOptions = {}) {
        log.begun += 1;
        try {
          yield { sequence: 10n, event: { kind: 'added', amount: 1 } };
          await new Promise((resolve, reject) => {
            if (!log.hangs) resolve(undefined);
            signal?.addEventListener('abort', () => {
              log.aborted += 1;
              reject(signal.reason);
            });
          });
          yield { sequence: 20n, event: { kind: 'added', amount: 1 } };
        } finally {
          log.closed += 1;
        }
      },
    };
  }
}

describe.each(['iterators', 'generators'] as const)('a log of %s', (kind) => {
  test('five folds started and left: five closed', async () => {
    const setup = new GatedSetup();
    const log = new HangingLog();
    const projector = setup.projector({ source: log[kind] });
    const controllers = [1, 2, 3, 4, 5].map(() => new AbortController());
    const calls = controllers.map((own, at) => projector.project(totals, `s${at}`, Freshness.consistent, own));
    const outcomes = Promise.allSettled(calls);
    await settle();
    expect([log.begun, log.closed]).toEqual([5, 0]);
    for (const controller of controllers) controller.abort(gone);
    expect(new Set((await outcomes).map((outcome) => outcome.status))).toEqual(new Set(['rejected']));
    await settle();
    expect([log.begun, log.closed, log.aborted]).toEqual([5, 5, kind === 'generators' ? 5 : 0]);
    // The partial fold is cached for a retry.
    expect([...setup.cache.inner.entries()].map(([, { meta }]) => meta.watermark)).toEqual([10n, 10n, 10n, 10n, 10n]);
  });

  test('it is not closed while one of its callers waits, nor again after its end', async () => {
    const setup = new GatedSetup();
    const log = new HangingLog();
    log.hangs = false;
    const controller = new AbortController();
    const projector = setup.projector({ source: log[kind] });
    const call = projector.project(totals, 'a');
    const leaving = projector.project(totals, 'a', Freshness.consistent, controller);
    controller.abort(gone);
    await expect(leaving).rejects.toBe(gone);
    expect(await call).toEqual({ sum: 2, count: 2 });
    await settle();
    expect([log.begun, log.closed, log.aborted]).toEqual([1, 1, 0]);
  });

  test('the replay of a shadow check is closed when its caller leaves', async () => {
    const setup = new GatedSetup();
    const log = new HangingLog();
    log.hangs = false;
    const projector = setup.projector({ source: log[kind], verifyEvery: 1 });
    await projector.project(totals, 'a');
    log.hangs = true;
    const controller = new AbortController();
    const checked = projector.project(totals, 'a', Freshness.consistent, controller);
    const outcome = expect(checked).rejects.toBe(gone);
    await settle();
    expect([log.begun, log.closed]).toEqual([2, 1]);
    controller.abort(gone);
    await outcome;
    await settle();
    expect([log.begun, log.closed, projector.stats().hits]).toEqual([2, 2, 0]);
  });
});

test('a reader that is slow to close does not delay a caller that leaves', async () => {
  const setup = new GatedSetup();
  const log = new HangingLog();
  log.hangs = false;
  const { iterators } = log;
  const source: AsyncEventReader<Change> = {
    head: log.head,
    read: (stream, kinds) => {
      const iterator = iterators.read(stream, kinds)[Symbol.asyncIterator]();
      return { [Symbol.asyncIterator]: () => ({ next: () => iterator.next(), return: () => new Promise(() => {}) }) };
    },
  };
  const controller = new AbortController();
  const projector = setup.projector({ source });
  const call = projector.project(totals, 'a', Freshness.consistent, controller);
  const outcome = expect(call).rejects.toBe(gone);
  await settle();
  controller.abort(gone);
  await outcome;
  await settle();
  expect((await projector.projectWithReport(totals, 'a')).report.outcome).toBe('hit');
});
