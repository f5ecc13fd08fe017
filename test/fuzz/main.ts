/*
 * Opens files with arbitrary contents, for a minute by default: `npm run fuzz`. Findings are recorded in `corpus`,
 * which the ordinary tests replay.
 */
import { smallEngine } from '../engines/small-engine.ts';
import { runScript, type ScriptUsage } from '../scripts/script-arguments.ts';
import { keep } from './fuzz-case.ts';
import { Fuzzer } from './fuzzer.ts';

const usage: ScriptUsage = {
  command: 'npm run fuzz',
  about: 'Opens stores whose files hold rubbish or were mutated.\nChecks that none lies, throws or stalls.',
  options: [
    { name: 'ms', meaning: 'how long to run, in milliseconds', byDefault: 60_000, min: 1, max: 2 ** 31 },
    { name: 'seed', meaning: 'generates the same cases again; 0 chooses one', byDefault: 0, min: 0, max: 2 ** 31 },
    { name: 'from', meaning: 'the number of the first case', byDefault: 0, min: 0, max: 2 ** 31 },
  ],
};

const findingsMax = 5;
/** Not a speed limit: a case that takes this long hangs. */
const executionMsMax = 10_000;

await runScript(usage, async (number) => {
  const seed = number('seed') || 1 + Math.floor(Math.random() * 2 ** 31);
  const fuzzer = new Fuzzer(await smallEngine(), seed);
  const started = performance.now();
  let findings = 0;
  let slowestMs = 0;
  for (let at = number('from'); performance.now() - started < number('ms') && findings < findingsMax; at += 1) {
    const before = performance.now();
    const finding = fuzzer.execute(at);
    slowestMs = Math.max(slowestMs, performance.now() - before);
    if (finding === undefined) continue;
    findings += 1;
    console.error(String(finding.error));
    console.error(`kept in ${keep(`found-${seed}-${at}`, finding.fuzzCase)}`);
  }
  const seconds = (performance.now() - started) / 1000;
  const { executions, held, forgot } = fuzzer.count;
  console.log(
    `seed ${seed}: ${executions} executions in ${seconds.toFixed(1)} s, ${(executions / seconds).toFixed(0)} a second`,
  );
  console.log(
    `${held} held something, ${forgot} nothing; the slowest took ${slowestMs.toFixed(0)} ms; ${findings} findings`,
  );
  if (slowestMs > executionMsMax) console.error('one of them stalled');
  if (findings > 0 || slowestMs > executionMsMax) process.exitCode = 1;
});
