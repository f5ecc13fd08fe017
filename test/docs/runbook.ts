import { expect } from 'vitest';
import { repositoryText } from '../tidy/repository-files.ts';
import { codeBlocks, tableRows } from './markdown.ts';

const page = repositoryText('docs/operations.md');

/** The messages that docs/operations.md shows, each once; `...` in one stands for any text. */
export const documentedMessages: readonly string[] = codeBlocks('docs/operations.md', page)
  .filter(({ language }) => language === 'text')
  .flatMap(({ text }) => text.split('\n'));

/** The events in the table of what to watch. */
export const watchedEvents: readonly string[] = tableRows(/^## What to watch\n(.*?)^## /ms.exec(page)?.[1] ?? '')
  .slice(2)
  .flatMap(([events = '']) => events.split(', '));

/** The headings of the page whose sections say what is lost. */
export const sections: readonly string[] = page
  .split(/^(?=## )/m)
  .filter((section) => section.includes('**What is lost.**'))
  .map((section) => section.slice('## '.length, section.indexOf('\n')));

/** The documented message that matches `message`; fails if none or several do. */
export function documentedFormOf(message: string): string {
  const matching = documentedMessages.filter((documented) => patternOf(documented).test(message));
  expect(matching, message).toHaveLength(1);
  return matching[0] ?? '';
}

function patternOf(documented: string): RegExp {
  const parts = documented.split('...').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}

/** The code and message of the error that a call throws. */
export function thrownBy(call: () => unknown): { readonly code: string; readonly message: string } {
  try {
    call();
  } catch (error) {
    return error as { code: string; message: string };
  }
  return expect.fail('the call throws nothing');
}
