import type { ProcessIdentity } from './process-identity.ts';

/** The owner of a lock. A lock file holds it as one line of JSON, which people can read too. */
export interface LockOwner extends ProcessIdentity {
  /** Identifies this one acquisition of the lock: 32 hexadecimal digits, never reused. */
  readonly nonce: string;
  /** When the lock was taken, in ISO 8601: for people, and to bound the clock drift between two readings. */
  readonly since: string;
  /** Whether the owner saw the directory on a volume that only one running system can have mounted. */
  readonly localVolume: boolean;
  /**
   * The lease, in milliseconds: an owner that has not renewed its lock for so long counts as gone. `undefined` for a lock
   * without a lease, and for owners written by older versions.
   */
  readonly leaseMs?: number | undefined;
}

const PID_MAX = 2 ** 31 - 1;
/** Enough for 3,000 years of ten renewals a second. */
const RENEWALS_DIGITS = 12;
const NONCE = /^[0-9a-f]{32}$/;

/** `renewals`: how often the owner has renewed its lease. The length of the text does not depend on it. */
export function encodeLockOwner(owner: LockOwner, renewals = 0): string {
  const lease = owner.leaseMs === undefined ? {} : { renewals: String(renewals).padStart(RENEWALS_DIGITS, '0') };
  return `${JSON.stringify({ ...owner, ...lease })}\n`;
}

/**
 * Decodes the content of a lock file; `undefined` if any part of it is invalid. Every field is checked: the nonce
 * becomes part of a file name, and a pid of 0 or below would address a whole process group.
 */
export function decodeLockOwner(text: string): LockOwner | undefined {
  const fields = parseObject(text);
  if (fields === undefined) return undefined;
  const { pid, platform, host, nonce, since } = fields;
  if (typeof pid !== 'number' || !Number.isInteger(pid) || pid < 1 || pid > PID_MAX) return undefined;
  if (typeof nonce !== 'string' || !NONCE.test(nonce)) return undefined;
  if (typeof platform !== 'string' || typeof host !== 'string' || typeof since !== 'string') return undefined;
  return {
    pid,
    platform,
    host,
    startTime: stringOrNone(fields['startTime']),
    bootId: stringOrNone(fields['bootId']),
    bootTimeMs: numberOrNone(fields['bootTimeMs']),
    machine: stringOrNone(fields['machine']),
    pidNamespace: stringOrNone(fields['pidNamespace']),
    timeNamespace: stringOrNone(fields['timeNamespace']),
    nonce,
    since,
    localVolume: fields['localVolume'] === true,
    leaseMs: leaseOrNone(fields['leaseMs']),
  };
}

/** Describes an owner for people: which process, on which host, since when. */
export function describeLockOwner(owner: LockOwner): string {
  return `process ${owner.pid} on host ${owner.host} since ${owner.since}`;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** A lease of 0 or less would let anybody take the lock over at once. */
function leaseOrNone(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 1 ? value : undefined;
}

function stringOrNone(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function numberOrNone(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
