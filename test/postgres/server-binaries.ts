import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const WHERE_INSTALLED = ['/usr/lib/postgresql', '/usr/pgsql', '/opt/homebrew/opt', '/usr/local/opt'];
const INSTALL =
  'install a server, such as with `apt-get install postgresql`, or set PGBIN to the directory of its program initdb';

/**
 * The directory of `initdb`, `pg_ctl` and `postgres`: `PGBIN`, one of `PATH`, or the newest of those below `installed`. Throws an
 * `Error` that says what to install where there is none.
 */
export function serverBinaries(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  installed: readonly string[] = WHERE_INSTALLED,
): string {
  const { PGBIN: own, PATH: path = '' } = environment;
  const places = own === undefined ? [...path.split(delimiter), ...installed.flatMap(versionsIn)] : [own];
  const found = places.find((place) =>
    ['initdb', 'pg_ctl', 'postgres'].every((name) => place !== '' && existsSync(join(place, name))),
  );
  if (found !== undefined) return found;
  const searched = own === undefined ? ['PATH', ...installed].join(', ') : `PGBIN: ${own}`;
  throw new Error(`no PostgreSQL server on this machine (${searched}): ${INSTALL}`);
}

function versionsIn(place: string): string[] {
  if (!existsSync(place)) return [];
  const newestFirst = readdirSync(place).sort((a, b) => versionOf(b) - versionOf(a));
  return newestFirst.map((version) => join(place, version, 'bin'));
}

/** `15`, or `postgresql@15`. */
function versionOf(name: string): number {
  return Number(/\d+/.exec(name)?.[0] ?? 0);
}
