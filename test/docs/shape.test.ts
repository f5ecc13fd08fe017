// Why this test: an export that the README does not mention is not found, and a decision without its cost is praise.
import { describe, expect, test } from 'vitest';
import * as browser from '../../src/browser/index.ts';
import * as diagnostics from '../../src/diagnostics/index.ts';
import * as api from '../../src/index.ts';
import * as testing from '../../src/testing/index.ts';
import { repositoryText } from '../tidy/repository-files.ts';
import { tableRows } from './markdown.ts';

function sectionsOf(markdown: string): string[] {
  return markdown.split(/^(?=## )/m).slice(1);
}

describe('README.md', () => {
  const readme = repositoryText('README.md');

  test('begins with the problem in two sentences and has its sections in order', () => {
    expect(readme).toMatch(/^# projection-cache\n\n[^.]+\.\s[^.]+\.\n\n/);
    expect(sectionsOf(readme).map((section) => section.split('\n')[0]?.slice('## '.length))).toEqual([
      'Which one do I need',
      'Install',
      'Example',
      'What survives a crash',
      'What it is not for',
      'Numbers',
      'Reading the source',
      'API',
      'Licence',
    ]);
  });

  test.each(['event log', 'stream', 'projection', 'watermark'])('defines %s once, before the first section', (word) => {
    const beginning = readme.slice(0, readme.indexOf('\n## '));
    expect(beginning).toMatch(new RegExp(`^- (?:A|The) \\*\\*${word}\\*\\* .*\\bis\\b`, 'm'));
    expect(readme.split(`**${word}**`)).toHaveLength(2);
  });

  test.each(['JSON file', 'lru-cache', 'keyv', 'node:sqlite', 'lmdb'])('says when to use %s instead', (name) => {
    const choice = sectionsOf(readme).find((text) => text.startsWith('## Which one do I need')) ?? '';
    expect(tableRows(choice).filter(([first]) => first?.includes(name))).toHaveLength(1);
  });

  test('has the commands a fresh machine needs', () => {
    for (const command of ['npm ci && npm run demo', 'npm ci && npm test', '.ci/run']) {
      expect(readme).toContain(`\n${command}\n`);
    }
  });

  const section = sectionsOf(readme).find((text) => text.startsWith('## API')) ?? '';

  const exported = [api, testing, diagnostics, browser].flatMap((entryPoint) => Object.keys(entryPoint));

  test.each(exported)('names %s', (name) => {
    expect(section).toContain(`\`${name}`);
  });

  const methods = Object.getOwnPropertyNames(api.LogCache.prototype).filter((name) => name !== 'constructor');

  test.each(methods)('names LogCache.%s', (name) => {
    expect(section).toMatch(new RegExp(`\`${name}[\`(]`));
  });
});

describe('docs/decisions.md', () => {
  const decisions = sectionsOf(repositoryText('docs/decisions.md'));

  test('is not empty', () => {
    expect(decisions.length).toBeGreaterThan(10);
  });

  test.each(decisions)('%#: context, choice, cost', (decision) => {
    expect(decision).toMatch(/^## .+\n\n\*\*Context\.\*\* \S.*\n\*\*Choice\.\*\* \S.*\n\*\*Cost\.\*\* \S/s);
  });
});
