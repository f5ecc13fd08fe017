// Why this test: the example is meant to be copied. It runs here from beside an installed package, and each total must be right.
import { copyFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type DemoLine, SharedDemo } from '../../docs/examples/shared/demo.ts';
import { InstalledPackage } from '../docs/installed-package.ts';
import { ServerFixture } from './server-fixtures.ts';

const fixture = new ServerFixture();
const installed = new InstalledPackage();
afterAll(() => installed.remove());

test('two machines share what they fold, through a deploy, an invalidation and an outage', async () => {
  const script = join(installed.directory, 'machine.mjs');
  copyFileSync(resolve('docs/examples/shared/machine.mjs'), script);
  symlinkSync(resolve('node_modules/postgres'), join(installed.directory, 'node_modules/postgres'));
  const lines: DemoLine[] = [];
  await SharedDemo.run(script, fixture.server.url, (line) => lines.push(line));
  expect(
    lines.map(({ machine, cents, outcome, eventsRead }) => `${machine} ${cents} ${outcome} ${eventsRead}`),
  ).toEqual([
    'one 1350 replay 3',
    'two 1350 hit 0',
    'two 1350 hit 0',
    'two 1400 delta 1',
    'one 1400 hit 0',
    'two 1400 replay 4',
    'one 1400 hit 0',
    'one 1400 hit 0',
    'two 1300 replay 4',
    'one 1300 hit 0',
    'one 1307 delta 1',
    'two 1307 replay 5',
    // How soon a machine has the database again is up to its client.
    expect.stringMatching(/^one 1307 (?:delta 1|hit 0)$/),
    expect.stringMatching(/^two 1307 (?:hit 0|replay 5)$/),
  ]);
});
