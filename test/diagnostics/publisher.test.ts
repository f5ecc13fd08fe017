import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, onTestFinished, test } from 'vitest';
import { EVENT_CHANNEL, eventPublisher, REPORT_CHANNEL, reportPublisher } from '../../src/diagnostics/index.ts';
import { Projector } from '../../src/projection/projector.ts';
import { openInMemory } from '../cache/cache-fixtures.ts';

/** The messages that are published on a channel during a test. */
function messagesOn(channel: string): unknown[] {
  const messages: unknown[] = [];
  const subscriber = (message: unknown): void => void messages.push(message);
  subscribe(channel, subscriber);
  onTestFinished(() => void unsubscribe(channel, subscriber));
  return messages;
}

/** An event or report that fails the test if anything looks at it. */
const untouchable = new Proxy({} as never, {
  get: () => expect.fail('it was read'),
  ownKeys: () => expect.fail('it was read'),
});

describe('eventPublisher', () => {
  test('publishes the events of a cache under its name, as they are', () => {
    const messages = messagesOn(EVENT_CHANNEL);
    const events: unknown[] = [];
    const publish = eventPublisher('orders');
    const cache = openInMemory({
      onEvent: (event) => {
        events.push(event);
        publish(event);
      },
    });
    cache.close();
    expect(messages).toEqual(events.map((event) => ({ cache: 'orders', event })));
    expect(messages).toHaveLength(2);
    expect(JSON.parse(JSON.stringify(messages[0]))).toMatchObject({ cache: 'orders', event: { type: 'opened' } });
  });

  test('reads nothing without a subscriber, and publishes again with a later one', () => {
    const publish = eventPublisher('orders');
    publish(untouchable);
    const messages = messagesOn(EVENT_CHANNEL);
    publish(untouchable);
    expect(messages).toHaveLength(1);
  });

  test('refuses a name that is no string', () => {
    expect(() => eventPublisher(7 as never)).toThrow(new TypeError('the name of a cache must be a string'));
  });
});

describe('reportPublisher', () => {
  test('publishes the reports of a projector under its name', () => {
    const messages = messagesOn(REPORT_CHANNEL);
    const source = { identity: 'orders', head: () => undefined, read: () => [] };
    const projector = new Projector({ cache: openInMemory(), source, onReport: reportPublisher('totals') });
    projector.project({ name: 'total', version: 1, initial: () => 0, apply: () => 0 }, 'order:1');
    expect(messages).toEqual([
      { projector: 'totals', report: expect.objectContaining({ outcome: 'empty', stream: 'order:1', name: 'total' }) },
    ]);
    expect(() => JSON.stringify(messages)).not.toThrow();
  });

  test('reads nothing without a subscriber, and refuses a name that is no string', () => {
    reportPublisher('totals')(untouchable);
    expect(() => reportPublisher(undefined as never)).toThrow(TypeError);
  });
});
