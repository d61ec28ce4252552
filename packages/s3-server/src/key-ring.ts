import { link, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Grant, KeyGrant, KeyRecord, Place, Right } from "./core/rights.ts";
import { type DiskSettings, hasCode, isMissing, readIfThere, replaceFile } from "./disk/durable.ts";
import { S3ServerError } from "./s3-server-error.ts";
import type { ServerClock } from "./system-clock.ts";

/** The content of `keys.json` (SPEC §6). People may edit it while the server runs. */
export interface KeysFile {
  readonly version: 1;
  readonly keys: readonly KeyRecord[];
  /** Where anybody may get objects without a key. */
  readonly anonymous: readonly Place[];
  /** The access key ids of the mailboxes made so far, by bucket. */
  readonly mailboxes: Readonly<Record<string, { readonly write: string; readonly read: string }>>;
}

/** A known key is trusted so long without another look at the file: a revocation takes effect within this time. */
const freshMs = 1000;
const lockPatienceMs = 8000;
/** Less than the patience: whoever comes after a killed process gets its turn. */
const lockStaleMs = 5000;
const emptyFile: KeysFile = { version: 1, keys: [], anonymous: [], mailboxes: {} };

/** The keys of a running server: those given at the start, and those of the file, read again when it changed. */
export class KeyRing {
  readonly #path: string;
  readonly #clock: ServerClock;
  readonly #given: ReadonlyMap<string, KeyRecord>;
  #stored: ReadonlyMap<string, KeyRecord> = new Map();
  readonly #openPlaces: readonly Grant[];
  #anonymous: readonly Grant[];
  #stamp = "";
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(dataDir: string, given: { readonly keys: readonly KeyGrant[]; readonly anonymous: readonly Place[] }, clock: ServerClock) {
    this.#path = keysPath(dataDir);
    this.#clock = clock;
    this.#given = joinGrants(given.keys);
    this.#openPlaces = given.anonymous.map(openPlace);
    this.#anonymous = this.#openPlaces;
  }

  async find(accessKeyId: string): Promise<KeyRecord | undefined> {
    const given = this.#given.get(accessKeyId);
    if (given) return given;
    await this.#refresh(!this.#stored.has(accessKeyId));
    return this.#stored.get(accessKeyId);
  }

  async anonymous(): Promise<readonly Grant[]> {
    await this.#refresh(false);
    return this.#anonymous;
  }

  /** @throws S3ServerError `bad-keys-file`. */
  async #refresh(now: boolean): Promise<void> {
    const time = this.#clock.now();
    if (!now && Math.abs(time - this.#lookedAt) < freshMs) return;
    const found = await stat(this.#path, { bigint: true }).catch(() => undefined);
    const stamp = found ? `${found.ino}/${found.mtimeNs}/${found.size}` : "none";
    if (stamp !== this.#stamp) {
      const file = await readKeysFile(this.#path);
      this.#stored = new Map(file.keys.map((key) => [key.accessKeyId, key]));
      this.#anonymous = [...this.#openPlaces, ...file.anonymous.map(openPlace)];
      this.#stamp = stamp;
    }
    this.#lookedAt = time;
  }
}

export function keysPath(dataDir: string): string {
  return join(dataDir, "keys.json");
}

/** The empty content where there is no file. @throws S3ServerError `bad-keys-file`. */
export async function readKeysFile(path: string): Promise<KeysFile> {
  const text = await readIfThere(path);
  if (text === undefined) return emptyFile;
  const value = parseJson(text);
  if (value === undefined) throw badFile(path, "it is no JSON");
  return checkFile(path, value);
}

/** Undefined where the text is no JSON: the parser's own error would quote secrets. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Reads, changes and replaces the file while no other process does. `change` answers undefined to leave it as it is. */
export async function updateKeysFile(
  dataDir: string,
  settings: DiskSettings,
  clock: ServerClock,
  change: (file: KeysFile) => KeysFile | undefined,
): Promise<void> {
  const lock = join(dataDir, "keys.lock");
  const until = clock.now() + lockPatienceMs;
  for (;;) {
    const token = await takeLock(lock, settings, clock, until);
    try {
      const changed = change(await readKeysFile(keysPath(dataDir)));
      if (!changed) return;
      // Whoever was stopped for seconds may have lost the lock meanwhile: it looks again at what the others wrote.
      if ((await readIfThere(lock)) !== token) continue;
      return await replaceFile(keysPath(dataDir), `${JSON.stringify(changed, null, 2)}\n`, settings);
    } finally {
      if ((await readIfThere(lock)) === token) await rm(lock, { force: true });
    }
  }
}

/** Answers the token that stands in the lock as long as it is ours. */
async function takeLock(lock: string, settings: DiskSettings, clock: ServerClock, until: number): Promise<string> {
  const token = settings.newId();
  for (;;) {
    try {
      await writeFile(lock, token, { flag: "wx", mode: 0o600 });
      return token;
    } catch (cause) {
      if (!hasCode(cause, "EEXIST")) throw cause;
    }
    const held = await stat(lock).catch(() => undefined);
    if (held && clock.now() - held.mtimeMs > lockStaleMs) {
      await takeAway(lock, settings, clock);
    } else if (clock.now() > until) {
      throw new S3ServerError("keys-file-busy", "Another process is changing the keys file. Please try again.", { retryable: true });
    } else await clock.sleep(25);
  }
}

/** Its process was killed. Another may have seen the same and hold the lock by now: what was moved away by mistake is put back. */
async function takeAway(lock: string, settings: DiskSettings, clock: ServerClock): Promise<void> {
  const moved = join(settings.tempDir, settings.newId());
  try {
    await rename(lock, moved);
    if (clock.now() - (await stat(moved)).mtimeMs <= lockStaleMs) await link(moved, lock);
  } catch (cause) {
    if (!isMissing(cause) && !hasCode(cause, "EEXIST")) throw cause;
  } finally {
    await rm(moved, { force: true });
  }
}

function joinGrants(given: readonly KeyGrant[]): Map<string, KeyRecord> {
  const keys = new Map<string, KeyRecord>();
  for (const { accessKeyId, secretAccessKey, ...grant } of given) {
    const before = keys.get(accessKeyId);
    keys.set(accessKeyId, { accessKeyId, secretAccessKey, grants: [...(before?.grants ?? []), grant] });
  }
  return keys;
}

function openPlace(place: Place): Grant {
  return { ...place, rights: ["get"] };
}

function checkFile(path: string, value: unknown): KeysFile {
  const file = { ...emptyFile, ...(value as Partial<KeysFile>) };
  if ((value as Partial<KeysFile> | null)?.version !== 1) throw badFile(path, "its version is not 1");
  if (!Array.isArray(file.keys) || !file.keys.every(isKeyRecord)) throw badFile(path, "one of its keys is incomplete");
  const places = Array.isArray(file.anonymous) && file.anonymous.every((a) => isPlace(a));
  if (!places) throw badFile(path, "its anonymous grants need a bucket");
  if (typeof file.mailboxes !== "object" || file.mailboxes === null) throw badFile(path, "its mailboxes are no object");
  return file;
}

function isKeyRecord(value: unknown): value is KeyRecord {
  const key = value as Partial<KeyRecord> | null;
  const named = typeof key?.accessKeyId === "string" && typeof key.secretAccessKey === "string" && key.secretAccessKey !== "";
  return named && Array.isArray(key.grants) && key.grants.every((g) => isPlace(g) && isRights((g as Grant).rights));
}

function isPlace(value: unknown): boolean {
  const place = value as { bucket?: unknown; prefix?: unknown } | null;
  return typeof place?.bucket === "string" && (place.prefix === undefined || typeof place.prefix === "string");
}

function isRights(value: unknown): value is readonly Right[] {
  return Array.isArray(value) && value.every((right) => ["get", "put", "delete", "list"].includes(right as string));
}

function badFile(path: string, why: string): S3ServerError {
  return new S3ServerError("bad-keys-file", `The keys file ${path} cannot be used: ${why}. Mend it or restore a copy.`);
}
