import { RECORD_ALIGNMENT } from '../log/record-format.ts';

/**
 * Where a record lies, in one int32 of the index: 31 bits of its offset in eight bytes, and in the sign bit whether its
 * generation is odd. During a compaction records of two generations are live at once; as the two differ in that bit,
 * copying a record changes its own location only, and the switch to the new generation changes none.
 */
export type Location = number;

export function locationOf(generation: number, offset: number): Location {
  return (offset / RECORD_ALIGNMENT) | (generation << 31);
}

export function offsetOf(location: Location): number {
  return (location & 0x7fffffff) * RECORD_ALIGNMENT;
}

/** Whether the record lies in `generation` rather than in the other one. */
export function isOf(generation: number, location: Location): boolean {
  return location >>> 31 === (generation & 1);
}

/** Record sizes in the index are counted in the alignment's units. */
export function unitsOf(bytes: number): number {
  return bytes / RECORD_ALIGNMENT;
}

export function bytesOf(units: number): number {
  return units * RECORD_ALIGNMENT;
}
