import { AsyncProjector, Freshness, LogCache, type Projection, type ProjectionCache } from '../../src/index.ts';
import { FaultStorage } from '../../src/testing/index.ts';
import { endOfTurn } from './sample-store.ts';
import { Drawing, figure, type Point, WIDTH } from './svg.ts';

const STREAM = 'order:507';
const MAX_STALE_MS = 5_000;
const lifelines = ['caller A', 'caller B', 'projector', 'cache', 'event log'] as const;
type Lifeline = (typeof lifelines)[number];

interface Message {
  readonly from: Lifeline;
  readonly to: Lifeline;
  readonly name: string;
  readonly answer?: boolean;
}

/** The calls that a real projector makes for two concurrent callers, and for one that uses a cached state later. */
async function recordedMessages(): Promise<{ shared: Message[]; bestEffort: Message[]; joined: boolean }> {
  let messages: Message[] = [];
  const note = (from: Lifeline, to: Lifeline, name: string): void => {
    messages.push({ from, to, name });
  };
  const store = LogCache.open('store', { storage: new FaultStorage() });
  const cache: ProjectionCache = {
    capabilities: () => store.capabilities(),
    get: (key) => {
      const entry = store.get(key);
      note('projector', 'cache', `get → ${entry === undefined ? 'a miss' : `watermark ${entry.meta.watermark}`}`);
      return entry;
    },
    put: (key, value, meta) => {
      note('projector', 'cache', `put, watermark ${meta.watermark}`);
      store.put(key, value, meta);
    },
    deletePrefix: (prefix) => store.deletePrefix(prefix),
    sync: () => store.sync(),
  };
  const source = {
    identity: 'orders-1',
    head: async () => {
      note('projector', 'event log', 'head → 3');
      await endOfTurn();
      return 3n;
    },
    read: async function* () {
      note('projector', 'event log', 'read → events 1, 2, 3');
      for (const sequence of [1n, 2n, 3n]) {
        await endOfTurn();
        yield { sequence, event: 1 };
      }
    },
  };
  const count: Projection<number, number> = { name: 'count', initial: () => 0, apply: (state, event) => state + event };
  const projector = new AsyncProjector({ cache, source, nowUs: () => 1_700_000_000_000_000n });
  let joined = false;
  const ask = async (caller: Lifeline, freshness: Freshness): Promise<void> => {
    note(caller, 'projector', freshness.kind === 'consistent' ? 'project' : 'project, best effort');
    const { state, report } = await projector.projectWithReport(count, STREAM, freshness);
    joined ||= report.joined;
    messages.push({ from: 'projector', to: caller, name: `state ${state}`, answer: true });
  };
  await Promise.all([ask('caller A', Freshness.consistent), ask('caller B', Freshness.consistent)]);
  const shared = messages;
  messages = [];
  await ask('caller A', Freshness.bestEffort({ maxStaleMs: MAX_STALE_MS }));
  store.close();
  return { shared, bestEffort: messages, joined };
}

/** Two callers that share one fold, and a later one whose freshness allows a cached state. */
export async function sharedFold(): Promise<string> {
  const { shared, bestEffort, joined } = await recordedMessages();
  if (!joined) throw new Error('the two callers did not share a fold');
  const [top, step] = [104, 30];
  const height = top + (shared.length + bestEffort.length) * step + 140;
  const drawing = new Drawing(
    'Freshness and the shared fold',
    'Two callers ask for the same consistent state at once. For each the projector reads the head of the event log; the ' +
      'events are read and folded once, cached once, and both callers get the state. A later caller with best effort gets the ' +
      'cached state without reading the event log.',
    height,
  );
  const x = new Map(lifelines.map((name, index): [Lifeline, number] => [name, 70 + index * 145]));
  const at = (name: Lifeline): number => x.get(name) ?? 0;
  for (const name of lifelines) {
    drawing.line(
      [
        [at(name), 86],
        [at(name), height - 74],
      ],
      'dashed',
    );
    drawing.label(at(name) - 54, 56, 108, 30, name === 'projector' ? 'blue' : 'plain', [name]);
  }
  let y = top + 14;
  const message = ({ from, to, name, answer }: Message): void => {
    const points: Point[] = [
      [at(from), y],
      [at(to), y],
    ];
    drawing.arrow(points, answer === true ? 'dashed' : 'line');
    // Right of the left lifeline, where the arrow starts or ends.
    const beside = Math.min(at(from), at(to)) + 8;
    drawing.text(beside, y - 6, name, 'small');
    y += step;
  };
  for (const each of shared) message(each);
  drawing.line(
    [
      [20, y - 6],
      [WIDTH - 20, y - 6],
    ],
    'thin',
  );
  drawing.text(80, y + 14, `later, within ${figure(MAX_STALE_MS)} ms`, 'small muted');
  y += 40;
  for (const each of bestEffort) message(each);
  drawing.text(
    20,
    height - 44,
    'Consistent: the head is read for each caller. A caller joins a fold that will reach that head.',
    'small',
  );
  drawing.text(
    20,
    height - 24,
    'Best effort: a cached state younger than maxStaleMs is used without reading the head.',
    'small',
  );
  return drawing.toString();
}
