import { setTimeout as sleep } from 'node:timers/promises';
import type { ProgramStarter, Runtime, RuntimeProgram } from './runtime-program.ts';

/** A program with nothing left to do ends within this time, also on a loaded machine. */
const ENDING_MS_MAX = 30_000;
/** Shorter than such a program lives. */
const TIMER_MS = 20;
/** Short, so that a check does not last long; a process that is only slow loses it to no other one. */
const LEASE_MS = 400;

/** What a check works with. `start` runs the program on the runtime under test, `startOther` on another one. */
export interface CheckBench {
  readonly start: () => RuntimeProgram;
  readonly startOther: () => RuntimeProgram;
}

/** One check of a runtime: a column of the table. */
export interface RuntimeCheck {
  readonly name: string;
  /** Resolves to what the table shows. Rejects with what is wrong. */
  readonly run: (bench: CheckBench) => Promise<string>;
}

export const runtimeChecks: readonly RuntimeCheck[] = [
  { name: 'suite, files', run: async ({ start }) => await conformance(start(), 'files') },
  { name: 'suite, memory', run: async ({ start }) => await conformance(start(), 'memory') },
  { name: 'kill', run: killAndReopen },
  { name: 'syncAsync', run: syncAsync },
  { name: 'lock', run: lock },
  { name: 'image', run: image },
  { name: 'refresh', run: refresh },
  { name: 'timers', run: timers },
  { name: 'freeze', run: freeze },
  { name: 'projector', run: projector },
  { name: 'require', run: require },
  { name: 'exchange', run: exchange },
];

async function conformance(program: RuntimeProgram, where: string): Promise<string> {
  const answer = await program.answer(`conformance ${where}`);
  if (!/^\d+$/.test(answer)) throw new Error(answer);
  return `${answer} ok`;
}

/** What a sync covered survives a kill in the middle of later work; the lock of the killed process is taken over. */
async function killAndReopen({ start }: CheckBench): Promise<string> {
  const first = start();
  await first.do('open', 'fill 0 1000', 'sync', 'fill 1000 2000', 'tick');
  // It is killed while it works on this.
  void first.answer('fill 2000 20000').catch(() => {});
  await first.kill();
  const second = start();
  await second.do('open');
  await second.expect('events', '["lock-taken-over","recovered","opened"]');
  await second.expect('check 0 1000', '1000');
  await second.expect('check 1000 2000', '1000');
  expectState(await second.state(), { clean: false, entriesLost: 0 });
  await second.do('fill 0 10', 'close');
  return 'ok';
}

async function syncAsync({ start }: CheckBench): Promise<string> {
  const first = start();
  await first.do('open', 'fill 0 500', 'sync-async');
  await first.kill();
  const second = start();
  await second.do('open');
  await second.expect('check 0 500', '500');
  return 'ok';
}

async function lock({ start }: CheckBench): Promise<string> {
  const [first, second] = [start(), start()];
  await first.do('open');
  await second.expect('open', new RegExp(`^LOCKED .* is open for writing by process ${first.pid} on host .*unlock`));
  await first.expect('open', /^LOCKED .* is already open in this process/);
  await first.kill();
  await second.do('open');
  await second.expect('events', '["lock-taken-over","recovered","opened"]');
  await second.do('close');
  return 'ok';
}

async function image({ start }: CheckBench): Promise<string> {
  const first = start();
  await first.do('open', 'fill 0 1000', 'close');
  const second = start();
  await second.do('open');
  expectState(await second.state(), { entries: 1000, clean: true, imageUsed: true });
  await second.expect('check 0 1000', '1000');
  await second.do('close');
  return 'ok';
}

async function refresh({ start }: CheckBench): Promise<string> {
  const [writer, reader] = [start(), start()];
  await writer.do('open', 'fill 0 100', 'sync');
  await reader.do('open {"readOnly":true}');
  await reader.expect('check 0 200', '100');
  await writer.do('fill 100 200', 'sync');
  await reader.expect('refresh', 'true');
  await reader.expect('check 0 200', '200');
  await writer.do('compact', 'fill 200 300', 'sync');
  await reader.expect('refresh', 'true');
  await reader.expect('check 0 300', '300');
  await reader.expect('refresh', 'false');
  await reader.expect('fill 0 1', /^READ_ONLY /);
  return 'ok';
}

/** Background syncs and the renewal of a lease do not keep a process alive. */
async function timers({ start }: CheckBench): Promise<string> {
  const first = start();
  await first.do(`open {"syncEveryMs":${TIMER_MS},"lock":{"leaseMs":${LEASE_MS}}}`, 'fill 0 10', 'tick');
  const code = await first.endOfInput(ENDING_MS_MAX);
  if (code !== 0) throw new Error(code === undefined ? 'timers keep the process alive' : `it ended with code ${code}`);
  const second = start();
  await second.do(`open {"readOnly":true,"refreshEveryMs":${TIMER_MS}}`);
  if ((await second.endOfInput(ENDING_MS_MAX)) !== 0) throw new Error('refreshEveryMs keeps the process alive');
  const third = start();
  await third.do('open');
  await third.expect('check 0 10', '10');
  return 'ok';
}

/**
 * A process that was frozen for longer than its lease continues, also with a clock that was set meanwhile, unless another one
 * has taken its lock over: then it stops writing, and reads.
 */
async function freeze({ start }: CheckBench): Promise<string> {
  const [writer, reader, rival] = [start(), start(), start()];
  const leased = { lock: { leaseMs: LEASE_MS }, waitForLockMs: ENDING_MS_MAX };
  await writer.do(`open ${JSON.stringify({ ...leased, syncEveryMs: TIMER_MS })}`, 'fill 0 100', 'sync');
  await reader.do(`open {"readOnly":true,"refreshEveryMs":${TIMER_MS}}`);
  writer.freeze();
  reader.freeze();
  await sleep(2 * LEASE_MS);
  writer.thaw();
  reader.thaw();
  await writer.do(
    'fill 100 200',
    'sync',
    'jump 3600000',
    'fill 200 300',
    'sync',
    'jump -7200000',
    'fill 300 400',
    'sync',
  );
  await answeredBy(reader, 'check 0 400', '400');

  writer.freeze();
  await rival.do(`open ${JSON.stringify(leased)}`);
  await rival.expect('events', /"lock-taken-over"/);
  await rival.do('fill 400 500', 'sync');
  writer.thaw();
  // It may accept this, as it does not look at the lock before it writes to the log.
  await writer.answer('fill 500 501');
  await writer.expect('sync', /^POISONED /);
  await writer.expect('check 0 400', '400');
  await rival.expect('check 0 501', '500');
  return 'ok';
}

/** Repeats a command until it is answered so. */
async function answeredBy(program: RuntimeProgram, command: string, wanted: string): Promise<void> {
  for (const end = performance.now() + ENDING_MS_MAX; performance.now() < end; ) {
    if ((await program.answer(command)) === wanted) return;
    await sleep(TIMER_MS);
  }
  await program.expect(command, wanted);
}

async function projector({ start }: CheckBench): Promise<string> {
  const first = start();
  await first.do('open');
  await first.expect('project', '6 replay, 6 hit, 10 delta');
  return 'ok';
}

async function require({ start }: CheckBench): Promise<string> {
  await start().do('require');
  return 'ok';
}

/** The files and the lock mean the same to another runtime. */
async function exchange({ start, startOther }: CheckBench): Promise<string> {
  const [one, other] = [start(), startOther()];
  await one.do('open', 'fill 0 500');
  await other.expect('open', new RegExp(`^LOCKED .* by process ${one.pid} `));
  await one.do('close');
  await other.do('open');
  expectState(await other.state(), { entries: 500, imageUsed: true });
  await other.expect('check 0 500', '500');
  await other.do('fill 500 1000', 'sync');
  await other.kill();
  await one.do('open');
  await one.expect('check 0 1000', '1000');
  await one.do('close');
  return 'ok';
}

function expectState<Part extends object>(state: Part, wanted: Partial<Part>): void {
  for (const [name, value] of Object.entries(wanted)) {
    const found = state[name as keyof Part];
    if (found !== value) throw new Error(`${name} is ${String(found)} after opening, not ${String(value)}`);
  }
}

/** The result of a check. */
export interface CheckResult {
  /** What the table shows. */
  readonly cell: string;
  /** What is wrong; `undefined` if nothing is. */
  readonly failure: string | undefined;
}

/** Runs a check of a runtime. */
export async function runCheck(
  check: RuntimeCheck,
  runtime: Runtime,
  other: Runtime,
  programs: ProgramStarter,
): Promise<CheckResult> {
  const name = `${runtime.name} ${check.name}`.replaceAll(/\W+/g, '-');
  const bench = {
    start: () => programs.start(runtime, name),
    startOther: () => programs.start(other, name),
  };
  try {
    return { cell: await check.run(bench), failure: undefined };
  } catch (error) {
    return { cell: 'FAILED', failure: error instanceof Error ? error.message : String(error) };
  }
}
