import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES: readonly string[] = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

export const INSTALL_CHROMIUM =
  'There is no Chromium here: install it (Debian: apt-get install chromium), or set CHROMIUM to its path.';

/** The program in the environment variable `CHROMIUM`, or the first one on the path; `undefined` if there is none. */
export function chromiumPath(): string | undefined {
  const { CHROMIUM, PATH = '' } = process.env;
  const candidates = PATH.split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return [...(CHROMIUM === undefined ? [] : [CHROMIUM]), ...candidates].find((path) => existsSync(path));
}
