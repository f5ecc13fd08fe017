import type { Command, CommandCall } from '../command.ts';
import { ExitCode } from '../exit-codes.ts';
import { interruptible } from '../interruption.ts';
import { bytesText } from '../number-text.ts';
import { withWriter } from '../store-directory.ts';
import { WAIT_OPTION } from '../writer-options.ts';

export const compactCommand: Command = {
  name: 'compact',
  summary: 'Rewrites the log without dead records.',
  operands: ['DIR'],
  options: [WAIT_OPTION, { name: 'json', text: 'one JSON object' }],
  notes:
    'It needs room for a second copy of the live entries. A store also compacts itself while it is written to; an\n' +
    'interrupted compaction leaves the store as it was.',
  run: compact,
};

async function compact(call: CommandCall): Promise<number> {
  const { args, out, progress, terminal } = call;
  const sizes = await interruptible(terminal, (signal) =>
    withWriter(call, { creates: false, signal }, async (cache) => {
      const before = cache.stats();
      await cache.compactAsync({ signal, onProgress: (done) => progress.showBytes('compact', done) });
      const after = cache.stats();
      return { generation: after.generation, bytesBefore: before.logBytes, bytesAfter: after.logBytes };
    }),
  );
  const { generation, bytesBefore, bytesAfter } = sizes;
  await out.printLine(
    args.flag('json')
      ? JSON.stringify(sizes)
      : `generation ${generation}: ${bytesText(bytesAfter)}, before ${bytesText(bytesBefore)}`,
  );
  return ExitCode.done;
}
