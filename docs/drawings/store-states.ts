import { LogCache, StoreError } from '../../src/index.ts';
import { FaultStorage, faultAt } from '../../src/testing/index.ts';
import { DIRECTORY, fileBytes, META, sampleStore } from './sample-store.ts';
import { Drawing, type Fill } from './svg.ts';

/** The result of each call in a state: `ok`, or the code it throws. */
interface Answers {
  readonly get: string;
  readonly put: string;
  readonly sync: string;
}

function answersOf(cache: LogCache): Answers {
  const answer = (call: () => unknown): string => {
    try {
      call();
      return 'ok';
    } catch (error) {
      if (error instanceof StoreError) return error.code;
      throw error;
    }
  };
  return {
    get: answer(() => cache.get('order:1')),
    put: answer(() => cache.put('order:1', new Uint8Array(1), META)),
    sync: answer(() => cache.sync()),
  };
}

/** Brings a real store into each of its states and calls it. */
function measuredAnswers(): Record<'open' | 'readOnly' | 'poisoned' | 'closed', Answers> {
  const { storage, cache } = sampleStore();
  cache.put('order:1', new Uint8Array(1), META);
  cache.sync();
  const open = answersOf(cache);
  const image = new Map([[DIRECTORY, new Map([['000001.log', fileBytes(storage, '000001.log')]])]]);
  const reader = LogCache.open(DIRECTORY, { storage: new FaultStorage({ image }), readOnly: true });
  const readOnly = answersOf(reader);
  reader.close();

  storage.rule = faultAt({ verb: 'sync' }, { fail: 'EIO' });
  cache.put('order:2', new Uint8Array(1), META);
  answersOf(cache);
  const poisoned = answersOf(cache);
  cache.close();
  return { open, readOnly, poisoned, closed: answersOf(cache) };
}

/** The states of a store, the transitions between them, and the results of calls in each. */
export function storeStates(): string {
  const answers = measuredAnswers();
  const drawing = new Drawing(
    'The states of a store',
    'LogCache.open leads to open, or with readOnly to read-only. A failed sync or a lost lock leads from open to poisoned, ' +
      'where reads still work and every write throws. close leads from each state to closed, which is final; open again to continue.',
    400,
  );
  const state = (x: number, y: number, fill: Fill, name: string, { get, put, sync }: Answers): void => {
    drawing.label(x, y, 160, 92, fill, [name, `get: ${get}`, `put: ${put}`, `sync: ${sync}`]);
  };
  drawing.text(20, 106, 'LogCache.open', 'mono small');
  drawing.arrow([
    [122, 102],
    [180, 102],
  ]);
  state(180, 56, 'green', 'open', answers.open);
  state(520, 56, 'red', 'poisoned', answers.poisoned);
  drawing.text(20, 282, '… readOnly: true', 'mono small');
  drawing.arrow([
    [146, 278],
    [180, 278],
  ]);
  state(180, 232, 'blue', 'read-only', answers.readOnly);
  state(520, 232, 'plain', 'closed', answers.closed);
  drawing.arrow([
    [340, 90],
    [520, 90],
  ]);
  drawing.text(430, 66, 'a sync failed,', 'small', 'middle');
  drawing.text(430, 83, 'or the lock is lost', 'small', 'middle');
  drawing.arrow([
    [340, 130],
    [430, 130],
    [430, 254],
    [520, 254],
  ]);
  drawing.text(422, 200, 'close()', 'mono small', 'end');
  drawing.arrow([
    [340, 292],
    [520, 292],
  ]);
  drawing.text(430, 312, 'close()', 'mono small', 'middle');
  drawing.arrow([
    [600, 148],
    [600, 232],
  ]);
  drawing.text(608, 196, 'close()', 'mono small');
  drawing.text(20, 358, 'Besides,', 'strong');
  drawing.text(
    88,
    358,
    'an open store throws a failed background write once, at the next put or sync, and stays open.',
  );
  drawing.text(88, 378, 'A full disk does not poison: what was accepted stays in memory, and a retry writes it again.');
  return drawing.toString();
}
