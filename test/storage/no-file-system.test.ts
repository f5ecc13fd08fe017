// Why this test: bundlers for browsers put one file in the place of the other. An export that only one has breaks such bundles.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import * as fileSystem from '../../src/storage/file-system.ts';
import * as noFileSystem from '../../src/storage/no-file-system.ts';
import { repositoryText } from '../tidy/repository-files.ts';

describe('what stands in for the file system in browsers', () => {
  test('has everything that the file system has', () => {
    expect(Object.keys(noFileSystem)).toEqual(expect.arrayContaining(Object.keys(fileSystem)));
  });

  test.each([
    () => noFileSystem.fileSystem(),
    () => noFileSystem.unlock('cache'),
    () => noFileSystem.absolutePath('cache'),
  ])('throws IO: %o', (call) => {
    expect(call).toThrow(expect.objectContaining({ code: 'IO', message: expect.stringContaining('pass `storage`') }));
  });

  test('is named in package.json', () => {
    const { browser } = JSON.parse(repositoryText('package.json')) as { browser: Record<string, string> };
    const sources = Object.entries(browser)
      .flat()
      .map((path) => path.replace('./dist/', 'src/').replace('.js', '.ts'));
    expect(sources).toEqual(['src/storage/file-system.ts', 'src/storage/no-file-system.ts']);
    for (const path of sources) expect(existsSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)))).toBe(true);
  });
});
