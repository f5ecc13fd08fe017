/** A log that must stay as it is until it is released. */
export interface HeldLog {
  /** Further calls do nothing. */
  release(): void;
}

/** The log files that backups read: a compaction may replace them meanwhile, but they are removed only later. */
export class HeldLogs {
  readonly #holds = new Map<HeldLog, string>();

  isHeld(name: string): boolean {
    for (const held of this.#holds.values()) if (held === name) return true;
    return false;
  }

  /** Holds the file `name`; one file may be held several times. */
  hold(name: string): HeldLog {
    const hold: HeldLog = { release: () => this.#holds.delete(hold) };
    this.#holds.set(hold, name);
    return hold;
  }

  /** For `close`, which ends all backups. */
  releaseAll(): void {
    this.#holds.clear();
  }
}
