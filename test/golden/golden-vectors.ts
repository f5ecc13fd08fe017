import { readFileSync } from 'node:fs';

/** Computed by the reference functions of the Rust crate batpak 0.2.0; bytes are hexadecimal, integers decimal. */
interface GoldenVectors {
  readonly encode: readonly {
    readonly value: string;
    readonly watermark: string;
    readonly cachedAtUs: string;
    readonly encoded: string;
  }[];
  readonly prefixSuccessor: readonly { readonly prefix: string; readonly successor: string | null }[];
}

const file: URL = new URL('./cache-meta.json', import.meta.url);

export const goldenVectors: GoldenVectors = JSON.parse(readFileSync(file, 'utf8')) as GoldenVectors;

export function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
