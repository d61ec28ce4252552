import { type CipherSuite, type Clock, equal, type Random, release, secret } from "@cweb/crypto";
import type { LocalStore } from "@cweb/storage-local";
import type { Path, RemoteWriter } from "@cweb/storage-remote";
import { ChunkReader, sourceChanged } from "./chunk-reader.ts";
import { contentLength, countAt, entriesOf, type Geometry } from "./core/geometry.ts";
import { limits } from "./core/limits.ts";
import { objectPath } from "./core/object-name.ts";
import { boundedParallel } from "./core/pace.ts";
import { isThere, lateAfter, type UploadEntry, type UploadHead } from "./core/upload.ts";
import { FileSharingError } from "./file-sharing-error.ts";
import type { FileSource } from "./file-source.ts";
import type { TransferOptions } from "./progress.ts";
import { ProgressMeter } from "./progress-meter.ts";
import { type Part, partAt, rootPart, type Sealed, sealPart } from "./sealing.ts";
import { runTransfers, type TransferTask } from "./transfer.ts";
import { deletions, type UploadJournal } from "./upload-journal.ts";
import { encodeContentDescriptor } from "./wire/content-descriptor.ts";
import { encodeFileReference } from "./wire/file-reference.ts";
import { type Entry, encodePage } from "./wire/page.ts";
import { corrupt } from "./wire/upload-records.ts";

export interface UploadContext {
  readonly local: LocalStore;
  readonly writer: RemoteWriter;
  readonly crypto: CipherSuite;
  readonly random: Random;
  readonly clock: Clock;
  /** 32 bytes. */
  readonly owner: Uint8Array;
}

/** Where an object stands in its file, and what it is sealed with. */
interface Spot {
  readonly level: number;
  readonly index: number;
  readonly part: Part;
}

/** One object's content, before it is sealed. */
interface Piece {
  readonly spot: Spot;
  readonly content: Uint8Array;
  /** Told once it is there: sent now, or by an earlier run. */
  readonly report: (how: "moved" | "found") => void;
}

interface Reserved {
  readonly entry: UploadEntry;
  readonly sealed: Sealed;
  readonly isRecorded: boolean;
}

/** So many bytes are sealed ahead and recorded in one commit, which waits for the disk. */
const recordedAtOnce = 4_194_304;

/** One run of one upload: from the first chunk that is not there yet to the reference. */
export class UploadRun {
  readonly #context: UploadContext;
  readonly #head: UploadHead;
  readonly #journal: UploadJournal;
  readonly #options: TransferOptions;
  readonly #parallel: number;
  /** Objects whose PUT this run has begun and not seen recorded. */
  readonly #sending = new Map<Path, Spot>();

  constructor(context: UploadContext, head: UploadHead, journal: UploadJournal, options: TransferOptions) {
    this.#context = context;
    this.#head = head;
    this.#journal = journal;
    this.#options = options;
    this.#parallel = boundedParallel(2 ** head.log2, options.parallel);
  }

  /** Answers the head of the published file. */
  async run(source: FileSource): Promise<UploadHead> {
    try {
      const geometry = await this.#sendChunks(source);
      await this.#checkSource(source);
      await this.#dropRest(geometry);
      for (let level = 1; level < geometry.depth; level++) await this.#sendPages(geometry, level);
      const reference = await this.#sendRoot(geometry);
      const finishedAt = this.#context.clock.now();
      const published: UploadHead = { ...this.#head, state: "published", size: geometry.size, finishedAt, reference };
      await this.#journal.finish(published);
      return published;
    } catch (error) {
      await this.#distrust(error);
      await this.#disown(error);
      throw error;
    }
  }

  async #sendChunks(source: FileSource): Promise<Geometry> {
    const reader = new ChunkReader(source, this.#head.log2);
    const meter = new ProgressMeter(this.#context.clock, { total: source.size });
    const report = (bytes: number, how: "moved" | "found"): void => this.#options.onProgress?.(meter[how](bytes));
    const lengthAt = (index: number): number => (reader.geometry ? contentLength(reader.geometry, index) : 2 ** this.#head.log2);
    // A stream may be slow: what has come of it is not held back for what will.
    const most = source.size === undefined ? 1 : Math.min(this.#parallel, Math.ceil(recordedAtOnce / 2 ** this.#head.log2));
    let index = 0;
    const read = async (signal: AbortSignal): Promise<Piece | undefined> => {
      for (; source.skips && index < (reader.geometry?.totalChunks ?? 0); index++) {
        if (!isThere(await this.#journal.entry(0, index), this.#head)) break;
        report(lengthAt(index), "found");
      }
      const content = await reader.read(index, { signal });
      if (content === undefined) return undefined;
      const spot: Spot = { level: 0, index, part: partAt(this.#head.fileId, 0, index, this.#head.log2) };
      index++;
      return { spot, content, report: (how) => report(lengthAt(spot.index), how) };
    };
    let ready: TransferTask[] = [];
    await this.#transfer(async (signal) => {
      const pieces: Piece[] = [];
      while (ready.length === 0 && pieces.length < most) {
        const piece = await read(signal);
        if (piece === undefined) break;
        pieces.push(piece);
      }
      if (pieces.length > 0) ready = await this.#prepare(pieces, signal);
      if (source.isFresh) release(...pieces.map(({ content }) => content));
      return ready.shift();
    });
    return reader.geometry as Geometry;
  }

  /** What was read may be of two states of the source. */
  async #checkSource(source: FileSource): Promise<void> {
    if (this.#head.fingerprint === undefined) return;
    if ((await source.fingerprint?.(this.#cancellable())) !== this.#head.fingerprint)
      throw sourceChanged("another time of change or another size");
  }

  /** After a change of the source the next run compares everything, also if the source should be as before by then. */
  async #distrust(error: unknown): Promise<void> {
    if (!(error instanceof FileSharingError) || error.code !== "source-changed" || this.#head.fingerprint === undefined) return;
    await this.#journal.finish({ ...this.#head, fingerprint: undefined });
  }

  /** An earlier run may have begun more: of a longer source, or of a tree with other levels. */
  async #dropRest(geometry: Geometry): Promise<void> {
    if (this.#head.content === 1) return;
    for (let level = 0; level <= limits.depth; level++) {
      await this.#journal.truncate(level, level > geometry.depth ? 0 : countAt(geometry, level));
    }
  }

  async #sendPages(geometry: Geometry, level: number): Promise<void> {
    let index = 0;
    await this.#transfer(async (signal) => {
      if (index >= countAt(geometry, level)) return undefined;
      const spot: Spot = { level, index, part: partAt(this.#head.fileId, level, index, geometry.log2) };
      index++;
      return this.#only(spot, encodePage(await this.#entriesBelow(geometry, spot)), signal);
    });
  }

  async #sendRoot(geometry: Geometry): Promise<Uint8Array> {
    const { fileId, name, mime, mtime } = this.#head;
    const { owner } = this.#context;
    const spot: Spot = { level: geometry.depth, index: 0, part: rootPart(owner, fileId) };
    const entries = await this.#entriesBelow(geometry, spot);
    const contents = [encodeContentDescriptor({ fileId, geometry, name, mime, mtime, entries })];
    await this.#transfer(async (signal) => {
      const content = contents.pop();
      return content && this.#only(spot, content, signal);
    });
    const { key, hash } = await this.#stored(spot.level, 0);
    return encodeFileReference({ owner, fileId, rootKey: key, rootHash: hash, size: geometry.size, name, mime });
  }

  async #entriesBelow(geometry: Geometry, { level, index }: Spot): Promise<readonly Entry[]> {
    const entries: Entry[] = [];
    const first = index * limits.fanout;
    for (let i = 0; i < entriesOf(geometry, level, index); i++) entries.push(await this.#stored(level - 1, first + i));
    return entries;
  }

  async #stored(level: number, index: number): Promise<Entry> {
    const entry = await this.#journal.entry(level, index);
    if (!isThere(entry, this.#head)) throw corrupt();
    return { key: secret(entry.key), hash: entry.hash };
  }

  #cancellable(): { readonly signal?: AbortSignal } {
    return this.#options.signal === undefined ? {} : { signal: this.#options.signal };
  }

  #transfer(next: (signal: AbortSignal) => Promise<TransferTask | undefined>): Promise<void> {
    const { clock, random } = this.#context;
    return runTransfers(next, { clock, random, parallel: this.#parallel, signal: this.#options.signal });
  }

  async #only(spot: Spot, content: Uint8Array, signal: AbortSignal): Promise<TransferTask | undefined> {
    const [task] = await this.#prepare([{ spot, content, report: () => undefined }], signal);
    return task;
  }

  /** Seals the pieces and records them in one commit, before any of them is sent (SPEC §6.2). */
  async #prepare(pieces: readonly Piece[], signal: AbortSignal): Promise<TransferTask[]> {
    const all = await Promise.all(pieces.map(async (piece) => ({ ...piece, ...(await this.#reserve(piece, signal)) })));
    const fresh = all.filter(({ isRecorded }) => !isRecorded);
    await Promise.all(fresh.map(({ spot, entry }) => this.#journal.set(spot.level, spot.index, entry)));
    return all.map(({ spot, entry, sealed, report }) => this.#task(spot, entry, sealed, report));
  }

  /** Sends and records. Run again after a failure it goes on with the same bytes. */
  #task(spot: Spot, entry: UploadEntry, sealed: Sealed, report: Piece["report"]): TransferTask {
    return async (signal) => {
      if (entry.state === "stored") {
        report("found");
        return 0;
      }
      const { length } = sealed.bytes;
      await this.#send(spot, entry, sealed, signal);
      release(sealed.bytes);
      report("moved");
      return length;
    };
  }

  /**
   * The bytes that stand for this content. An earlier run's key and salt give the same bytes for the same content; where they do not,
   * nothing of it is sent, and a new key is drawn: one path, one content.
   */
  async #reserve({ spot, content }: Piece, signal: AbortSignal): Promise<Reserved> {
    const { crypto, random } = this.#context;
    const known = await this.#journal.entry(spot.level, spot.index);
    if (known !== undefined) {
      const sealed = await sealPart(crypto, spot.part, known, content, { signal });
      const entry = { ...known, content: this.#head.content };
      if (equal(sealed.hash, known.hash)) return { entry, sealed, isRecorded: known.content === entry.content };
    }
    const drawn = { key: random.bytes(32), salt: random.bytes(24) };
    const sealed = await sealPart(crypto, spot.part, drawn, content, { signal });
    return { entry: { state: "reserved", content: this.#head.content, ...drawn, hash: sealed.hash }, sealed, isRecorded: false };
  }

  async #send(spot: Spot, entry: UploadEntry, sealed: Sealed, signal: AbortSignal): Promise<void> {
    const path = objectPath(this.#context.crypto, entry.key);
    this.#sending.set(path, spot);
    await this.#context.writer.write(path, sealed.bytes, { sha256: sealed.hash, lent: true, signal });
    await this.#journal.set(spot.level, spot.index, { ...entry, state: "stored" });
    this.#sending.delete(path);
  }

  /** Who has lost the upload sees to it that nothing stays of what it was just sending, unless others count on it. */
  async #disown(error: unknown): Promise<void> {
    if (!(error instanceof FileSharingError) || (error.code !== "file-removed" && error.code !== "taken-over")) return;
    const orphans: Path[] = [];
    for (const [path, spot] of this.#sending) {
      const entry = await this.#journal.current(spot.level, spot.index);
      if (entry === undefined || objectPath(this.#context.crypto, entry.key) !== path) orphans.push(path);
    }
    const put = new Map(deletions(orphans, this.#context.clock.now() + lateAfter));
    if (put.size > 0) await this.#context.local.commit({ expected: new Map(), put, remove: new Set() });
  }
}
