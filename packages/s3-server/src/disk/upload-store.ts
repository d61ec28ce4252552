import { mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Description } from "../core/description.ts";
import { Refusal } from "../core/refusal.ts";
import { type DiskSettings, isMissing, replaceFile, syncDirectory } from "./durable.ts";
import { PendingFile } from "./pending-file.ts";
import { describeStored, openStored, type StoredObject } from "./stored-object.ts";

export interface Upload {
  readonly id: string;
  readonly bucket: string;
  readonly key: string;
  /** Milliseconds since 1970. */
  readonly started: number;
  /** The headers of the object to be. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Multipart uploads on their way (SPEC §5.5): a folder each, a file for each part in the form of an object. */
export class UploadStore {
  readonly #root: string;
  readonly #settings: DiskSettings;

  constructor(dataDir: string, settings: DiskSettings) {
    this.#root = join(dataDir, "uploads");
    this.#settings = settings;
  }

  async start(upload: Omit<Upload, "id">): Promise<Upload> {
    const whole = { id: this.#settings.newId(), ...upload };
    const temp = join(this.#settings.tempDir, this.#settings.newId());
    await mkdir(temp, { mode: 0o700 });
    await replaceFile(join(temp, "upload.json"), JSON.stringify(whole), this.#settings);
    await rename(temp, join(this.#root, whole.id));
    await syncDirectory(this.#root, this.#settings);
    return whole;
  }

  /** @throws Refusal `NoSuchUpload` also where the upload is for another object. */
  async find(id: string, bucket: string, key: string): Promise<Upload> {
    if (!/^[0-9a-f]{32}$/.test(id)) throw new Refusal("NoSuchUpload");
    try {
      const upload = JSON.parse(await readFile(join(this.#root, id, "upload.json"), "utf8")) as Upload;
      if (upload.bucket === bucket && upload.key === key) return upload;
    } catch (cause) {
      if (!isMissing(cause)) throw cause;
    }
    throw new Refusal("NoSuchUpload");
  }

  async ofBucket(bucket: string): Promise<Upload[]> {
    const ids = (await readdir(this.#root)).filter((id) => /^[0-9a-f]{32}$/.test(id));
    const uploads = await Promise.all(ids.map((id) => readFile(join(this.#root, id, "upload.json"), "utf8").catch(() => undefined)));
    const found = uploads.flatMap((text) => (text === undefined ? [] : [JSON.parse(text) as Upload]));
    return found.filter((u) => u.bucket === bucket).sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.started - b.started));
  }

  async begin(): Promise<PendingFile> {
    return PendingFile.create(this.#settings);
  }

  /** A part of the same number is replaced. @throws Refusal `NoSuchUpload` where the upload ended meanwhile. */
  async commitPart(file: PendingFile, id: string, part: number): Promise<void> {
    try {
      await file.moveTo(this.#part(id, part));
    } catch (cause) {
      if (isMissing(cause)) throw new Refusal("NoSuchUpload", undefined, {}, cause);
      throw cause;
    }
  }

  /** The numbers of the parts there are, ascending. */
  async parts(id: string): Promise<number[]> {
    const names = await readdir(join(this.#root, id)).catch(() => []);
    return names.flatMap((name) => (/^\d{5}\.part$/.test(name) ? [Number.parseInt(name, 10)] : [])).sort((a, b) => a - b);
  }

  async describePart(id: string, part: number): Promise<Description | undefined> {
    return describeStored(this.#part(id, part));
  }

  async openPart(id: string, part: number): Promise<StoredObject | undefined> {
    return openStored(this.#part(id, part));
  }

  async remove(id: string): Promise<void> {
    const temp = join(this.#settings.tempDir, this.#settings.newId());
    // Out of sight at once; the parts may take a while.
    await rename(join(this.#root, id), temp).catch((cause: unknown) => {
      if (!isMissing(cause)) throw cause;
    });
    await rm(temp, { recursive: true, force: true });
  }

  /** Gives up the uploads begun before that time (ms). */
  async sweep(before: number): Promise<void> {
    for (const id of await readdir(this.#root)) {
      const made = await stat(join(this.#root, id)).catch(() => undefined);
      if (made && made.mtimeMs < before) await this.remove(id);
    }
  }

  #part(id: string, part: number): string {
    return join(this.#root, id, `${String(part).padStart(5, "0")}.part`);
  }
}
