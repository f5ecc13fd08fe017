/*
 * Runs a script as a page would: in the global scope, with nothing of Node; prints what it leaves in `globalThis.answer`:
 * page.mjs SCRIPT
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { runInThisContext } from 'node:vm';

const script = readFileSync(process.argv[2], 'utf8');
const print = console.log;
for (const name of ['process', 'Buffer', 'global', 'setImmediate', 'clearImmediate']) delete globalThis[name];
runInThisContext(script);
print(globalThis.answer);
