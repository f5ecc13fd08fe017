import { parseProjectionKey } from '../projection/projection-key.ts';
import { asStored, checkpointOf, encodedStateOf } from '../projection/stored-state.ts';
import { hexOf, hexRows, printableText } from './byte-text.ts';
import { compactJson, prettyJson } from './json-text.ts';

/** A value as people and programs read it. */
export interface ValueText {
  /** Whether a projector stored it: then `text` is the state without what the projector adds. */
  readonly isState: boolean;
  readonly form: 'JSON' | 'text' | 'hex' | 'no state';
  /** For people; without a line end behind it. */
  readonly text: string;
  /** Members of a JSON object, for programs. */
  readonly json: string;
  /** The checkpoint that a projector stored with it. */
  readonly checkpoint: string | undefined;
}

/** JSON is pretty, other text is as it is, and everything else is hexadecimal. */
export function valueText(key: Uint8Array, value: Uint8Array): ValueText {
  const stored = parseProjectionKey(key) === undefined ? undefined : asStored(value);
  if (stored === undefined) return { ...bytesText(value), isState: false, checkpoint: undefined };
  const encoded = encodedStateOf(stored);
  const shown = encoded === undefined ? NO_STATE : bytesText(encoded);
  return { ...shown, isState: true, checkpoint: checkpointOf(stored) };
}

type Shown = Pick<ValueText, 'form' | 'text' | 'json'>;

const NO_STATE: Shown = { form: 'no state', text: '(no state)', json: '"state":null' };

function bytesText(bytes: Uint8Array): Shown {
  const text = decoded(bytes);
  const pretty = text === undefined ? undefined : prettyJson(text);
  if (text !== undefined && pretty !== undefined) {
    return { form: 'JSON', text: pretty, json: `"json":${compactJson(text)}` };
  }
  const printable = printableText(bytes);
  if (printable !== undefined) return { form: 'text', text: printable, json: `"text":${JSON.stringify(printable)}` };
  return { form: 'hex', text: hexRows(bytes), json: `"hex":"${hexOf(bytes)}"` };
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
