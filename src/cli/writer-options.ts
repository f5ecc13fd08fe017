import type { CommandOption } from './command-arguments.ts';

/** For every command that takes the lock. */
export const WAIT_OPTION: CommandOption = {
  name: 'wait',
  value: 'MS',
  text: 'wait up to MS milliseconds while another process has the store open; default 0',
};

/** For every command that may create a store. */
export const WRITER_OPTIONS: readonly CommandOption[] = [
  WAIT_OPTION,
  { name: 'create', text: 'start a store also in a directory that holds other files' },
];
