/**
 * Makes small changes to sources, one at a time, and runs the tests that reach each change. A change that no test
 * detects is a survivor. Prints the survivors, and for each file how many changes were detected.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { run, SeparatePackage } from '../../bench/separate-package.ts';
import { reportText } from './mutation-report.ts';

const USAGE = `Usage: npm run test:mutation -- FILES [TESTS]

Changes FILES of src in small ways, one at a time, and prints the changes that
no test detects. The first run installs Stryker into test/mutants.

  FILES   paths or quoted patterns: src/store/log-replay.ts 'src/log/**/*.ts'
  TESTS   such paths below test and props; default: all tests that reach a
          change, but no sweeps, which takes many minutes
  --help  prints this`;

const repository: string = fileURLToPath(new URL('../../', import.meta.url));
const paths: readonly string[] = process.argv.slice(2);
const files: readonly string[] = paths.filter((path) => path.startsWith('src/'));
const tests: readonly string[] = paths.filter((path) => /^(?:test|props)\//.test(path));
const missing: string | undefined = paths.find((path) => !path.includes('*') && !existsSync(repository + path));

if (paths.some((path) => path === '--help' || path === '-h')) {
  console.log(USAGE);
  process.exit(0);
}
if (files.length === 0 || files.length + tests.length < paths.length || missing !== undefined) {
  console.error(missing === undefined || missing.startsWith('-') ? USAGE : `There is no ${missing}\n\n${USAGE}`);
  process.exit(2);
}

process.env['MUTATION_TESTS'] = tests.join(',');
const stryker: SeparatePackage = new SeparatePackage('test/mutants');
stryker.install();
run(stryker.node, [
  stryker.path('node_modules/@stryker-mutator/core/bin/stryker.js'),
  'run',
  stryker.path('stryker.config.json'),
  '--mutate',
  files.join(','),
]);
console.log(reportText(JSON.parse(readFileSync(`${repository}coverage/mutation.json`, 'utf8'))));
