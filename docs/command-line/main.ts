// Runs the session in docs/command-line.md again and writes it there: `npm run docs:session`.
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runSession } from './session.ts';

if (process.argv.length > 2) {
  console.log('Usage: npm run docs:session\n\nRuns the session in docs/command-line.md again. There are no options.');
} else {
  const bin = mkdtempSync(join(tmpdir(), 'projection-cache-bin-'));
  const page = new URL('../command-line.md', import.meta.url);
  try {
    const program = join(bin, 'projection-cache');
    const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
    const loader = import.meta.resolve('tsx');
    writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' --import '${loader}' '${main}' "$@"\n`);
    chmodSync(program, 0o700);
    const block = /^```console\n[\s\S]*?^```$/m;
    const session = `\`\`\`console\n${runSession(bin)}\n\`\`\``;
    writeFileSync(
      page,
      readFileSync(page, 'utf8').replace(block, () => session),
    );
  } finally {
    rmSync(bin, { recursive: true });
  }
}
