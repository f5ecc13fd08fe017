// Draws docs/drawings/*.svg: `npm run drawings`.
import { writeFileSync } from 'node:fs';
import { drawings } from './drawings.ts';

for (const [name, draw] of drawings) writeFileSync(new URL(`${name}.svg`, import.meta.url), await draw());
