// Why these tests: who has no server must read what to install, and not a failure of each test.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../storage/temporary-directory.ts';
import { serverBinaries } from './server-binaries.ts';

function installed(root: string, ...path: string[]): string {
  const directory = join(root, ...path);
  mkdirSync(directory, { recursive: true });
  for (const name of ['initdb', 'pg_ctl', 'postgres']) writeFileSync(join(directory, name), '');
  return directory;
}

test('without a server, the error says what to install', () => {
  const empty = temporaryDirectory();
  expect(() => serverBinaries({ PATH: empty }, [join(empty, 'absent')])).toThrow(
    /^no PostgreSQL server on this machine \(PATH, .*absent\): install a server, such as with `apt-get install postgresql`, or set PGBIN/,
  );
  // A client alone is no server.
  writeFileSync(join(empty, 'initdb'), '');
  expect(() => serverBinaries({ PGBIN: empty }, [])).toThrow(`PGBIN: ${empty}`);
});

test('PGBIN is used, then PATH, then the newest version of the packages of the machine', () => {
  const root = temporaryDirectory();
  const nine = installed(root, 'packages', '9.6', 'bin');
  const sixteen = installed(root, 'packages', '16', 'bin');
  const local = installed(root, 'local');
  const packages = [join(root, 'packages')];
  expect(serverBinaries({}, packages)).toBe(sixteen);
  expect(serverBinaries({ PATH: `/nowhere:${local}` }, packages)).toBe(local);
  expect(serverBinaries({ PATH: local, PGBIN: nine }, packages)).toBe(nine);
});
