/*
 * LogStore against a map with the history of its states, over all operations in any order: in memory of eight pages,
 * with bodies from empty to several pages, automatic compactions, crashes that lose any part of what was not synced,
 * and reopening with and without the index image.
 */
import fc from 'fast-check';
import { test } from 'vitest';
import { StoreHistory } from '../test/store/store-history.ts';
import { CompactCommand } from './log-store/compact-command.ts';
import { CrashCommand } from './log-store/crash-command.ts';
import { DeleteCommand } from './log-store/delete-command.ts';
import { DeletePrefixCommand } from './log-store/delete-prefix-command.ts';
import { GetCommand } from './log-store/get-command.ts';
import { type Interruption, IterateCommand } from './log-store/iterate-command.ts';
import { PutCommand } from './log-store/put-command.ts';
import { PutManyCommand } from './log-store/put-many-command.ts';
import { type Range, RangeCommand } from './log-store/range-command.ts';
import { ReopenCommand } from './log-store/reopen-command.ts';
import { type BodySeed, body, key, mostlyLargeBody, prefix } from './log-store/store-arbitraries.ts';
import { type Model, type StoreCommand, StoreUnderTest } from './log-store/store-model.ts';
import { SyncCommand } from './log-store/sync-command.ts';
import { VerifyCommand } from './log-store/verify-command.ts';
import { runs } from './runs.ts';

const range: fc.Arbitrary<Range> = fc.record({
  lower: prefix,
  upper: fc.option(prefix, { nil: undefined }),
  reverse: fc.boolean(),
});
const interruptions: fc.Arbitrary<Interruption[]> = fc.array(
  fc.record({
    at: fc.nat({ max: 12 }),
    key,
    body: fc.option(fc.constantFrom('', 'written meanwhile'), { nil: undefined }),
  }),
  { maxLength: 6 },
);
const survivals = fc.array(fc.constantFrom('all' as const, 'none' as const, 'part' as const, 'zeros' as const), {
  minLength: 1,
  maxLength: 5,
});

const put = (bodies: fc.Arbitrary<BodySeed>): fc.Arbitrary<StoreCommand> =>
  fc.tuple(key, bodies).map(([name, seed]) => new PutCommand(name, seed));
const putMany = fc.array(fc.tuple(key, body), { maxLength: 6 }).map((puts) => new PutManyCommand(puts));
const remove = key.map((name) => new DeleteCommand(name));
const removePrefix = prefix.map((start) => new DeletePrefixCommand(start));
const get = key.map((name) => new GetCommand(name));
const goThrough = range.map((bounds) => new RangeCommand(bounds));
const iterate = fc.tuple(range, interruptions).map(([bounds, writes]) => new IterateCommand(bounds, writes));
const sync = fc
  .constantFrom('sync' as const, 'async' as const, 'end of turn' as const)
  .map((how) => new SyncCommand(how));
const compact = fc
  .oneof(
    fc.constant({ how: 'at once' as const }),
    fc.constant({ how: 'in background' as const }),
    fc.record({
      how: fc.constant('awaited' as const),
      key,
      abortAt: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
    }),
  )
  .map((compacting) => new CompactCommand(compacting));
const verify = fc.constant(new VerifyCommand());
const reopen = fc.boolean().map((keepsImage) => new ReopenCommand(keepsImage));
const crash = fc.tuple(survivals, fc.boolean()).map(([draws, keepsImage]) => new CrashCommand(draws, keepsImage));

const others = [putMany, remove, removePrefix, get, goThrough, iterate, sync, compact, verify, reopen, crash];

async function follows(commands: Iterable<StoreCommand>): Promise<void> {
  const real = new StoreUnderTest();
  const model: Model = { history: new StoreHistory() };
  await fc.asyncModelRun(() => ({ model, real }), commands);
  real.checkContents(model);
  await real.close();
}

test('a store holds the result of its operations, in any order', async () => {
  const commands = fc.commands([put(body), put(body), ...others], {
    maxCommands: 60,
    size: 'max',
  });
  await fc.assert(fc.asyncProperty(commands, follows), { numRuns: runs(60) });
});

test('so does one with many automatic compactions', async () => {
  const puts = [put(mostlyLargeBody), put(mostlyLargeBody), put(mostlyLargeBody), put(mostlyLargeBody)];
  const commands = fc.commands([...puts, ...puts, ...others], { maxCommands: 80, size: 'max' });
  await fc.assert(fc.asyncProperty(commands, follows), { numRuns: runs(12) });
});
