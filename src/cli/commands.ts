import type { Command } from './command.ts';
import { backupCommand } from './commands/backup.ts';
import { compactCommand } from './commands/compact.ts';
import { deletePrefixCommand } from './commands/delete-prefix.ts';
import { dumpCommand } from './commands/dump.ts';
import { getCommand } from './commands/get.ts';
import { loadCommand } from './commands/load.ts';
import { logCommand } from './commands/log.ts';
import { lsCommand } from './commands/ls.ts';
import { putCommand } from './commands/put.ts';
import { statCommand } from './commands/stat.ts';
import { unlockCommand } from './commands/unlock.ts';
import { verifyCommand } from './commands/verify.ts';

/** Every command, in the order of the help: reading, checking, moving, changing. */
export const commands: readonly Command[] = [
  statCommand,
  lsCommand,
  getCommand,
  verifyCommand,
  logCommand,
  backupCommand,
  dumpCommand,
  loadCommand,
  putCommand,
  deletePrefixCommand,
  compactCommand,
  unlockCommand,
];
