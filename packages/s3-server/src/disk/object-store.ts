import { mkdir, readdir, rm, rmdir, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { checkWrite, type WriteCondition } from "../core/conditions.ts";
import type { CorsRule } from "../core/cors.ts";
import type { Description } from "../core/description.ts";
import { compareKeys } from "../core/listing.ts";
import { fileNameOf, isHashedName, keyOfFileName } from "../core/object-name.ts";
import { Refusal } from "../core/refusal.ts";
import { type DiskSettings, hasCode, isMissing, readIfThere, replaceFile, syncDirectory } from "./durable.ts";
import { PendingFile } from "./pending-file.ts";
import { describeStored, openStored, type StoredObject } from "./stored-object.ts";
import { Turns } from "./turns.ts";

/** Buckets and objects as files (SPEC §5). One process may write to a data directory at a time. */
export class ObjectStore {
  readonly #root: string;
  readonly #settings: DiskSettings;
  readonly #turns = new Turns();

  constructor(dataDir: string, settings: DiskSettings) {
    this.#root = join(dataDir, "buckets");
    this.#settings = settings;
  }

  /** The names of all buckets with the time they were made, in ms. */
  async buckets(): Promise<{ readonly name: string; readonly created: number }[]> {
    const names = (await readdir(this.#root)).sort();
    const found = await Promise.all(names.map(async (name) => ({ name, made: await stat(this.#objects(name)).catch(() => undefined) })));
    return found.flatMap(({ name, made }) => (made ? [{ name, created: made.birthtimeMs || made.ctimeMs }] : []));
  }

  async hasBucket(bucket: string): Promise<boolean> {
    return stat(this.#objects(bucket)).then(
      () => true,
      () => false,
    );
  }

  /** False where it was there already. A bucket is there when its folder `objects` is: making that is the one step that counts. */
  async createBucket(bucket: string): Promise<boolean> {
    const folder = join(this.#root, bucket);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // What a kill in the middle of deleteBucket may have left.
    if (!(await this.hasBucket(bucket))) await rm(this.#corsFile(bucket), { force: true });
    try {
      await mkdir(this.#objects(bucket), { mode: 0o700 });
    } catch (cause) {
      if (hasCode(cause, "EEXIST")) return false;
      throw cause;
    }
    await syncDirectory(folder, this.#settings);
    await syncDirectory(this.#root, this.#settings);
    return true;
  }

  /** @throws Refusal `BucketNotEmpty`. */
  async deleteBucket(bucket: string): Promise<void> {
    try {
      await rmdir(this.#objects(bucket));
    } catch (cause) {
      if (hasCode(cause, "ENOTEMPTY") || hasCode(cause, "EEXIST")) throw new Refusal("BucketNotEmpty", undefined, {}, cause);
      if (!isMissing(cause)) throw cause;
    }
    await syncDirectory(join(this.#root, bucket), this.#settings);
    await rm(this.#corsFile(bucket), { force: true });
    // Fails where somebody makes the bucket again at this moment: then it is theirs.
    await rmdir(join(this.#root, bucket)).catch(() => undefined);
  }

  /** Undefined where nothing is stored. The caller closes it. */
  async open(bucket: string, key: string): Promise<StoredObject | undefined> {
    return openStored(this.#file(bucket, key));
  }

  async describe(bucket: string, key: string): Promise<Description | undefined> {
    return describeStored(this.#file(bucket, key));
  }

  async begin(): Promise<PendingFile> {
    return PendingFile.create(this.#settings);
  }

  /**
   * Puts a sealed file in the object's place, if `condition` holds for what is there at that very moment.
   * @throws Refusal of `checkWrite`, `NoSuchBucket`.
   */
  async commit(file: PendingFile, bucket: string, key: string, condition: WriteCondition): Promise<void> {
    const path = this.#file(bucket, key);
    await this.#turns.take(path, async () => {
      const isConditional = condition.ifMatch !== undefined || condition.ifNoneMatch !== undefined;
      if (isConditional) checkWrite(condition, await describeStored(path));
      try {
        await file.moveTo(path);
      } catch (cause) {
        if (isMissing(cause)) throw new Refusal("NoSuchBucket", undefined, {}, cause);
        throw cause;
      }
    });
  }

  /** Succeeds also where nothing is stored. */
  async remove(bucket: string, key: string): Promise<void> {
    const path = this.#file(bucket, key);
    await this.#turns.take(path, async () => {
      try {
        await unlink(path);
      } catch (cause) {
        if (isMissing(cause)) return;
        throw cause;
      }
      await syncDirectory(this.#objects(bucket), this.#settings);
    });
  }

  /** All keys of a bucket in the order of their UTF-8 bytes. @throws Refusal `NoSuchBucket`. */
  async keys(bucket: string): Promise<string[]> {
    let names: string[];
    try {
      names = await readdir(this.#objects(bucket));
    } catch (cause) {
      if (isMissing(cause)) throw new Refusal("NoSuchBucket", undefined, {}, cause);
      throw cause;
    }
    const keys: string[] = [];
    for (const name of names) {
      const key = isHashedName(name) ? (await describeStored(join(this.#objects(bucket), name)))?.key : keyOfFileName(name);
      if (key !== undefined) keys.push(key);
    }
    return keys.sort(compareKeys);
  }

  async corsRules(bucket: string): Promise<readonly CorsRule[] | undefined> {
    const text = await readIfThere(this.#corsFile(bucket));
    return text === undefined ? undefined : (JSON.parse(text) as readonly CorsRule[]);
  }

  /** Undefined removes the rules. */
  async setCorsRules(bucket: string, rules: readonly CorsRule[] | undefined): Promise<void> {
    const path = this.#corsFile(bucket);
    if (rules) return replaceFile(path, JSON.stringify(rules), this.#settings);
    await rm(path, { force: true });
    await syncDirectory(join(this.#root, bucket), this.#settings);
  }

  #corsFile(bucket: string): string {
    return join(this.#root, bucket, "cors.json");
  }

  #objects(bucket: string): string {
    return join(this.#root, bucket, "objects");
  }

  #file(bucket: string, key: string): string {
    return join(this.#objects(bucket), fileNameOf(key));
  }
}
