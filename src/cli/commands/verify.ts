import type { LogCacheStats } from '../../store/store-stats.ts';
import type { VerifyReport } from '../../store/verification.ts';
import type { Command, CommandCall } from '../command.ts';
import { CommandFailure, ExitCode } from '../exit-codes.ts';
import { bytesText, countText } from '../number-text.ts';
import { isReplaced, withReader } from '../store-directory.ts';

export const verifyCommand: Command = {
  name: 'verify',
  summary: 'Reads and checks every record, and changes nothing.',
  operands: ['DIR'],
  options: [{ name: 'json', text: 'one JSON object' }],
  notes: 'The exit code is 1 if anything is damaged. A store needs no repair: what is damaged is forgotten.',
  run: verify,
};

/** A writer that compacts without pause could replace the log at every attempt. */
const ATTEMPTS_MAX = 5;

async function verify(call: CommandCall): Promise<number> {
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    const verified = await withReader(call, (cache) => {
      const report = cache.verify({ onProgress: (done) => call.progress.showBytes('verify', done) });
      return { report, stats: cache.stats() };
    });
    call.progress.clear();
    // What the writer truncates meanwhile looks like damage.
    if (!verified.report.ok && isReplaced(call, verified.stats.generation)) continue;
    return await printed(call, verified.report, verified.stats);
  }
  throw new CommandFailure(
    ExitCode.notFound,
    `the writer replaced the log ${ATTEMPTS_MAX} times while it was read: verify it when there are fewer writes`,
  );
}

async function printed({ args, out, style }: CommandCall, report: VerifyReport, stats: LogCacheStats): Promise<number> {
  const { generation, recovery } = stats;
  const { entriesLost, forgotten } = recovery;
  const ok = report.ok && entriesLost === 0 && !forgotten;
  const exitCode = ok ? ExitCode.done : ExitCode.notFound;
  if (args.flag('json')) {
    await out.printLine(JSON.stringify({ ...report, ok, entriesLost, forgotten, generation }));
    return exitCode;
  }
  const { records, bytes, entries, entriesDamaged, damaged } = report;
  await out.printLine(
    `${countText(records)} records, ${bytesText(bytes)}, ${countText(entries)} entries in generation ${generation}`,
  );
  for (const { from, to } of damaged)
    await out.printLine(style.bad(`damaged: ${countText(to - from)} bytes from ${from}`));
  if (entriesDamaged + entriesLost > 0) await out.printLine(style.bad(`entries lost: ${entriesDamaged + entriesLost}`));
  if (forgotten) await out.printLine(style.bad('entries before the damage: forgotten'));
  await out.printLine(ok ? style.good('ok') : style.bad('damaged'));
  return exitCode;
}
