// Draws docs/drawings/*.svg: `npm run drawings`.
import { writeFileSync } from 'node:fs';
import { drawings } from './drawings.ts';

if (process.argv.length > 2) {
  console.log('Usage: npm run drawings\n\nDraws docs/drawings/*.svg again. There are no options.');
} else {
  for (const [name, draw] of drawings) writeFileSync(new URL(`${name}.svg`, import.meta.url), await draw());
}
