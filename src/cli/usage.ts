import type { Command } from './command.ts';
import type { CommandOption } from './command-arguments.ts';

const HELP: CommandOption = { name: 'help', text: 'show this help (-h)' };

/** The help of the whole program. */
export function programUsage(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    'Usage: projection-cache COMMAND DIR [ARGUMENTS] [OPTIONS]',
    '',
    'Inspects and changes the store of projection-cache in the directory DIR.',
    '',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'projection-cache COMMAND --help shows the options of a command, --version the version.',
    '',
    'Exit codes: 0 done, 1 not found or damage, 2 wrong usage, 3 no store, 4 locked, 5 I/O error,',
    '6 newer format, 7 too large, 8 writing stopped, 9 damage in a compaction, 10 input refused,',
    '70 a bug, 130 interrupted, 141 broken pipe.',
    '',
  ].join('\n');
}

/** The help of a command. */
export function commandUsage({ name, summary, operands, options, notes }: Command): string {
  const rows = [...options, HELP].map((option) => [flagOf(option), option.text] as const);
  const width = Math.max(...rows.map(([flag]) => flag.length));
  return [
    `Usage: projection-cache ${[name, ...operands].join(' ')} [OPTIONS]`,
    '',
    summary,
    '',
    ...rows.map(([flag, text]) => `  ${flag.padEnd(width)}  ${text}`),
    ...(notes === undefined ? [] : ['', notes]),
    '',
  ].join('\n');
}

function flagOf({ name, value }: CommandOption): string {
  return value === undefined ? `--${name}` : `--${name} ${value}`;
}
