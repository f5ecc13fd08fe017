import { settingsOf } from '../../src/store/log-store-options.ts';
import { StoreContext } from '../../src/store/store-context.ts';
import type { StoreEvent } from '../../src/store/store-event.ts';
import type { TestDisk } from './test-disk.ts';

/** The context of a writer on a test disk that holds its lock, for tests of a single part of the store. */
export function contextOn(disk: TestDisk): { readonly context: StoreContext; readonly events: readonly StoreEvent[] } {
  const events: StoreEvent[] = [];
  const context = new StoreContext({
    settings: settingsOf({}),
    directory: disk,
    lock: disk.lock(),
    emit: (event) => events.push(event),
    random: () => 0,
  });
  return { context, events };
}
