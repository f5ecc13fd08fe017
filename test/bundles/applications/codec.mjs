// The codec of entries alone: what a bundler cannot shake off would be the side effects of the package.
import { decodeFromBytes, encodeWithValue } from 'projection-cache';

const bytes = encodeWithValue(Uint8Array.of(5, 0, 7), { watermark: 1042n, cachedAtUs: 0n });
const { value, meta } = decodeFromBytes(bytes);
globalThis.answer = `${value.join('')} ${meta.watermark}`;
