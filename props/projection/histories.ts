import fc from 'fast-check';
import { Freshness } from '../../src/projection/freshness.ts';
import type { ProjectorSettings } from '../../src/projection/projector-options.ts';
import { AppendCommand } from './append-command.ts';
import { ClockCommand } from './clock-command.ts';
import { DeployCommand } from './deploy-command.ts';
import { FaultCommand } from './fault-command.ts';
import { ForgetCommand, type Forgetting } from './forget-command.ts';
import { type HistoryCommand, type HistoryUnderTest, streams } from './history-command.ts';
import { HistoryModel } from './history-model.ts';
import { type ProjectionMaker, projectionMakers } from './history-projections.ts';
import { PageCommand } from './page-command.ts';
import { PeekCommand } from './peek-command.ts';
import { ProjectCommand } from './project-command.ts';
import { type CachePlace, ProjectorUnderTest } from './projector-under-test.ts';
import { RestartCommand } from './restart-command.ts';
import { RestoreCommand } from './restore-command.ts';
import { UnseenRestores } from './unseen-restores.ts';

const COMMANDS_MAX = 80;

/** The settings of a history. */
export interface HistorySettings {
  /** Few, so that the same projection is requested again and again. */
  readonly makers: readonly ProjectionMaker[];
  readonly hasIdentity: boolean;
  readonly hasCheckpoints: boolean;
  readonly eventsMax: number | undefined;
  readonly verifyEvery: number | undefined;
}

export const historySettings: fc.Arbitrary<HistorySettings> = fc.record({
  makers: fc.shuffledSubarray([...projectionMakers], { minLength: 1, maxLength: 2 }),
  hasIdentity: fc.boolean(),
  hasCheckpoints: fc.boolean(),
  eventsMax: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined, freq: 2 }),
  verifyEvery: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined, freq: 2 }),
});

const stream = fc.constantFrom('a', 'a', 'a', ...streams);
const which = fc.nat({ max: projectionMakers.length - 1 });

const event = fc.record({
  kind: fc.constantFrom('added' as const, 'added' as const, 'scaled' as const, 'closed' as const, 'noted' as const),
  amount: fc.nat({ max: 9 }),
});
const append = fc
  .tuple(stream, fc.array(event, { minLength: 1, maxLength: 4 }), fc.constantFrom(0n, 0n, 1n, 2n ** 40n))
  .map(([name, events, gap]) => new AppendCommand(name, events, gap));

const freshness = fc.oneof(
  fc.constant(Freshness.consistent),
  fc.constantFrom(0, 1, 50, 5_000, Number.MAX_SAFE_INTEGER).map((maxStaleMs) => Freshness.bestEffort({ maxStaleMs })),
  fc.constantFrom(0n, 1n, 3n, 6n, 2n ** 41n).map((watermark) => Freshness.atLeast({ watermark })),
);
const project = fc
  .record({
    which,
    stream,
    freshness,
    onBudget: fc.constantFrom('throw' as const, 'stale' as const),
    eventsUntilFailure: fc.option(fc.nat({ max: 3 }), { nil: undefined, freq: 9 }),
    failure: fc.constantFrom('throws' as const, 'throws' as const, 'null' as const, 'event of null' as const),
  })
  .map((asking) => new ProjectCommand(asking));

const peek = fc.tuple(which, stream).map(([place, name]) => new PeekCommand(place, name));

const page = which.map((place) => new PageCommand(place));

const clock = fc
  .constantFrom(
    1n,
    999n,
    1_000n,
    49_999n,
    50_000n,
    4_999_999n,
    5_000_000n,
    -1n,
    -60_000_000n,
    10n ** 13n,
    -(10n ** 13n),
  )
  .map((byUs) => new ClockCommand(byUs));
const deploy = fc.tuple(which, fc.boolean()).map(([place, sweeps]) => new DeployCommand(place, sweeps));
const fault = fc
  .tuple(fc.constantFrom('get' as const, 'put' as const, 'deletePrefix' as const), fc.integer({ min: 1, max: 3 }))
  .map(([verb, times]) => new FaultCommand(verb, times));
const forget = fc
  .oneof<fc.Arbitrary<Forgetting>[]>(
    stream.map((name) => ({ what: 'stream' as const, stream: name })),
    fc.constant({ what: 'all' as const }),
    fc.record({ what: fc.constantFrom('entry' as const, 'value' as const), which: fc.nat({ max: 20 }) }),
  )
  .map((forgetting) => new ForgetCommand(forgetting));
const restart = fc
  .constantFrom('closed' as const, 'synced' as const, 'crashed' as const, 'crashed, unsynced entries lost' as const)
  .map((ending) => new RestartCommand(ending));
const restore = fc
  .record({
    share: fc.constantFrom(0, 0.3, 0.6, 0.9),
    reusesSequences: fc.boolean(),
    grown: fc.option(fc.record({ stream, event, beyond: fc.nat({ max: 2 }) }), { nil: undefined, freq: 3 }),
  })
  .map((restoring) => new RestoreCommand(restoring));

const times = <Item>(count: number, item: Item): Item[] => Array.from({ length: count }, () => item);

/** Most commands are appends and projections. */
export const history: fc.Arbitrary<Iterable<HistoryCommand>> = fc.commands(
  [...times(6, append), ...times(12, project), ...times(3, clock), peek, page, deploy, fault, forget, restart, restore],
  { maxCommands: COMMANDS_MAX, size: 'max' },
);

/** Runs a history; throws if a projection breaks the rules. */
export function runHistory(
  { makers, hasIdentity, hasCheckpoints, eventsMax, verifyEvery }: HistorySettings,
  commands: Iterable<HistoryCommand>,
  place: CachePlace | undefined,
): void {
  const settings: ProjectorSettings = {
    ...(eventsMax === undefined ? {} : { replayBudget: { events: eventsMax } }),
    ...(verifyEvery === undefined ? {} : { verifyEvery }),
  };
  const model = new HistoryModel({ makers, hasIdentity, hasCheckpoints, isBudgeted: eventsMax !== undefined });
  const system = new ProjectorUnderTest(model, place, settings);
  const real: HistoryUnderTest = { system, unseen: new UnseenRestores(model, system) };
  try {
    fc.modelRun(() => ({ model, real }), commands);
    checkAll(model, real);
  } finally {
    system.close();
  }
}

/** At the end, with a working cache and a budget that retries overcome, every projection is the full replay. */
function checkAll(model: HistoryModel, real: HistoryUnderTest): void {
  real.system.cache.work();
  const converging = model.log.length;
  for (let attempt = 0; attempt <= converging; attempt += 1) {
    for (const name of streams) {
      for (let place = 0; place < model.projections.length; place += 1) {
        const asking = { which: place, stream: name, freshness: Freshness.consistent, eventsUntilFailure: undefined };
        new ProjectCommand({ ...asking, failure: 'throws', onBudget: 'stale' }).run(model, real);
      }
    }
    if (!model.isBudgeted) return;
  }
}
