// Why this test: a transcript that was true once misleads a person in a hurry. The session is run again, with the program as
// it is installed. After an intended change: `npm run docs:session`.
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runSession } from '../../docs/command-line/session.ts';
import { repositoryText } from '../tidy/repository-files.ts';
import { InstalledPackage } from './installed-package.ts';
import { codeBlocks } from './markdown.ts';

const installed = new InstalledPackage();
afterAll(() => installed.remove());

/** What npm does with the `bin` of a package. */
function linkedProgram(): string {
  const { bin } = JSON.parse(repositoryText('package.json')) as { bin: string };
  const folder = join(installed.directory, 'node_modules', '.bin');
  const program = join(installed.directory, 'node_modules', 'projection-cache', bin);
  mkdirSync(folder);
  chmodSync(program, 0o755);
  symlinkSync(program, join(folder, 'projection-cache'));
  return folder;
}

test('the session in docs/command-line.md is what the commands print', () => {
  const [block] = codeBlocks('docs/command-line.md', repositoryText('docs/command-line.md')).filter(
    ({ language }) => language === 'console',
  );
  expect(runSession(linkedProgram()).split('\n')).toEqual(block?.text.split('\n'));
});
