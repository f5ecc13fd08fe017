import type { Command, CommandCall } from '../command.ts';
import { ExitCode } from '../exit-codes.ts';
import { bytesText, countText } from '../number-text.ts';
import { withReader } from '../store-directory.ts';

export const verifyCommand: Command = {
  name: 'verify',
  summary: 'Reads and checks every record, and changes nothing.',
  operands: ['DIR'],
  options: [{ name: 'json', text: 'one JSON object' }],
  notes: 'The exit code is 1 if anything is damaged. A store needs no repair: what is damaged is forgotten.',
  run: verify,
};

async function verify(call: CommandCall): Promise<number> {
  const { args, out, style, progress } = call;
  return await withReader(call, async (cache) => {
    const report = cache.verify({ onProgress: (done) => progress.showBytes('verify', done) });
    progress.clear();
    const { generation, recovery } = cache.stats();
    const { entriesLost, forgotten } = recovery;
    const ok = report.ok && entriesLost === 0 && !forgotten;
    if (args.flag('json')) {
      await out.printLine(JSON.stringify({ ...report, ok, entriesLost, forgotten, generation }));
    } else {
      const { records, bytes, entries, entriesDamaged, damaged } = report;
      await out.printLine(
        `${countText(records)} records, ${bytesText(bytes)}, ${countText(entries)} entries in generation ${generation}`,
      );
      for (const { from, to } of damaged)
        await out.printLine(style.bad(`damaged: ${countText(to - from)} bytes from ${from}`));
      if (entriesDamaged + entriesLost > 0)
        await out.printLine(style.bad(`entries lost: ${entriesDamaged + entriesLost}`));
      if (forgotten) await out.printLine(style.bad('entries before the damage: forgotten'));
      await out.printLine(ok ? style.good('ok') : style.bad('damaged'));
    }
    return ok ? ExitCode.done : ExitCode.notFound;
  });
}
