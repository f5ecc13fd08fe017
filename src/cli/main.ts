#!/usr/bin/env node
import { runCommand } from './run-command.ts';
import { processTerminal } from './terminal.ts';

// Not `process.exitCode`: an input that nothing reads any more, such as a terminal, would keep the process alive.
process.exit(await runCommand(process.argv.slice(2), processTerminal()));
