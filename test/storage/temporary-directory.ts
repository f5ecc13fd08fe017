import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A new directory that is removed at the end of the test. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'projection-cache-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
