import { open } from "node:fs/promises";

/**
 * Waits until directories' entries are on the disk. Who asks while one wait for the same directory is under way shares the next one with all
 * others who ask meanwhile: it begins after all of their changes, so that many writes at once cost few waits (SPEC §5.1).
 */
export class DirectoryWaits {
  readonly #under = new Map<string, Promise<void>>();
  readonly #next = new Map<string, Promise<void>>();
  readonly #sync: (path: string) => Promise<void>;

  constructor(sync: (path: string) => Promise<void> = syncOnce) {
    this.#sync = sync;
  }

  async wait(path: string): Promise<void> {
    const next = this.#next.get(path);
    if (next) return next;
    const under = this.#under.get(path);
    const own = under ? under.then(() => this.#begin(path)) : this.#begin(path);
    if (under) this.#next.set(path, own);
    return own;
  }

  #begin(path: string): Promise<void> {
    const own = this.#sync(path);
    // Whoever waits for its end only to begin the next does not care how it ended.
    const settled = own.catch(() => undefined);
    this.#next.delete(path);
    this.#under.set(path, settled);
    void settled.then(() => {
      if (this.#under.get(path) === settled) this.#under.delete(path);
    });
    return own;
  }
}

async function syncOnce(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
