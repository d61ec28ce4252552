import { type CipherSuite, type Clock, equal } from "@cweb/crypto";
import type { CommitOptions, LocalStore, Revision } from "@cweb/storage-local";
import type { Path } from "@cweb/storage-remote";
import type { FileId } from "./core/file-id.ts";
import { objectPath } from "./core/object-name.ts";
import { lateAfter, type UploadEntry, type UploadHead } from "./core/upload.ts";
import { FileSharingError } from "./file-sharing-error.ts";
import {
  decodeHead,
  decodeSegment,
  encodeDeletion,
  encodeHead,
  encodeSegment,
  names,
  type Segment,
  segmentLength,
} from "./wire/upload-records.ts";

/** Segments kept in memory that have nothing to commit. */
const segmentsKept = 48;

export interface JournalOptions {
  readonly local: LocalStore;
  readonly crypto: CipherSuite;
  readonly clock: Clock;
  readonly fileId: FileId;
  /** Of the head as this run wrote it: every commit fails once another run has replaced it. */
  readonly revision: Revision;
}

/**
 * What one run of an upload has begun and finished, durable. Changes that come while a commit is under way go together into the next one.
 * After a failed commit every further one fails with the same error.
 */
export class UploadJournal {
  readonly #options: JournalOptions;
  readonly #segments = new Map<string, Promise<Segment>>();
  #dirty = new Map<string, Segment>();
  #discarded: Path[] = [];
  /** Whether all of what is dirty can be found out again: by sending the same bytes to the same path. */
  #isRelaxed = true;
  #running: Promise<void> = Promise.resolve();
  #waiting: Promise<void> | undefined;

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  /** What is known of the object `index` of `level`. */
  async entry(level: number, index: number): Promise<UploadEntry | undefined> {
    const segment = await this.#segment(this.#nameOf(level, index));
    return segment[index % segmentLength];
  }

  /** The same as the local store has it now, whoever wrote it. */
  async current(level: number, index: number): Promise<UploadEntry | undefined> {
    return (await this.#load(this.#nameOf(level, index)))[index % segmentLength];
  }

  /**
   * Resolves when it is recorded: durable before an object is sent; of one that is stored, only as far as the process's death goes. What stood
   * there under another key is queued for deletion in the same commit.
   */
  async set(level: number, index: number, entry: UploadEntry): Promise<void> {
    const name = this.#nameOf(level, index);
    const segment = await this.#pinned(name);
    const former = segment[index % segmentLength];
    if (former !== undefined && !equal(former.key, entry.key)) this.#discarded.push(objectPath(this.#options.crypto, former.key));
    segment[index % segmentLength] = entry;
    this.#dirty.set(name, segment);
    this.#isRelaxed &&= entry.state === "stored";
    this.#waiting ??= this.#afterRunning();
    return this.#waiting;
  }

  /** Drops what lies beyond `count` objects of a level, in commits of their own. Nothing else may be under way. */
  async truncate(level: number, count: number): Promise<void> {
    const { local, fileId } = this.#options;
    const prefix = names.level(fileId, level);
    let after: string | undefined;
    for (;;) {
      const records = await local.scan(prefix, { limit: segmentsKept, ...(after !== undefined && { after }) });
      for (const { name, bytes } of records) await this.#truncateSegment(name, decodeSegment(bytes), count);
      after = records.at(-1)?.name;
      if (after === undefined) return;
    }
  }

  /** The end of this run: the head as it is from now on. */
  async finish(head: UploadHead): Promise<void> {
    await this.#commit(new Map([[names.head(head.fileId), encodeHead(head)]]), new Set());
  }

  async #truncateSegment(name: string, segment: Segment, count: number): Promise<void> {
    const first = Number(name.slice(name.lastIndexOf("/") + 1)) * segmentLength;
    const kept = segment.map((entry, i) => (first + i < count ? entry : undefined));
    const dropped = segment.flatMap((entry, i) => (entry !== undefined && kept[i] === undefined ? [entry] : []));
    if (dropped.length === 0) return;
    this.#segments.delete(name);
    this.#discarded.push(...dropped.map(({ key }) => objectPath(this.#options.crypto, key)));
    const isEmpty = kept.every((entry) => entry === undefined);
    await this.#commit(isEmpty ? new Map() : new Map([[name, encodeSegment(kept)]]), isEmpty ? new Set([name]) : new Set());
  }

  #nameOf(level: number, index: number): string {
    return names.segment(this.#options.fileId, level, Math.floor(index / segmentLength));
  }

  #segment(name: string): Promise<Segment> {
    const known = this.#segments.get(name);
    if (known !== undefined) return known;
    const loaded = this.#load(name);
    this.#segments.set(name, loaded);
    return loaded;
  }

  /** The one copy of a segment that may be changed in this very turn: it may have been let go of while it was waited for. */
  async #pinned(name: string): Promise<Segment> {
    for (;;) {
      const loading = this.#segment(name);
      const segment = await loading;
      if (this.#segments.get(name) === loading) return segment;
    }
  }

  async #load(name: string): Promise<Segment> {
    const record = (await this.#options.local.load([name])).get(name);
    return record === undefined ? Array.from<undefined>({ length: segmentLength }) : decodeSegment(record.bytes);
  }

  async #afterRunning(): Promise<void> {
    await this.#running;
    this.#running = this.#waiting as Promise<void>;
    this.#waiting = undefined;
    const dirty = this.#dirty;
    this.#dirty = new Map();
    const relaxed = this.#isRelaxed;
    this.#isRelaxed = true;
    await this.#commit(new Map([...dirty].map(([name, segment]) => [name, encodeSegment(segment)])), new Set(), { relaxed });
    this.#letGo();
  }

  #letGo(): void {
    for (const name of this.#segments.keys()) {
      if (this.#segments.size <= segmentsKept) return;
      if (!this.#dirty.has(name)) this.#segments.delete(name);
    }
  }

  async #commit(put: Map<string, Uint8Array>, remove: Set<string>, options: CommitOptions = {}): Promise<void> {
    const { local, clock, fileId, revision } = this.#options;
    const discarded = this.#discarded;
    this.#discarded = [];
    for (const [name, bytes] of deletions(discarded, clock.now() + lateAfter)) put.set(name, bytes);
    const { kind } = await local.commit({ expected: new Map([[names.head(fileId), revision]]), put, remove }, options);
    if (kind === "conflict") throw await whyLost(local, fileId);
  }
}

/** Records that ask for the deletion of these objects at `notBefore` (ms since 1970) or later. */
export function deletions(paths: readonly Path[], notBefore: number): ReadonlyMap<string, Uint8Array> {
  const records = new Map<string, Uint8Array>();
  for (let start = 0; start < paths.length; start += segmentLength) {
    const some = paths.slice(start, start + segmentLength);
    records.set(names.deletion(notBefore, some[0] as Path), encodeDeletion(some));
  }
  return records;
}

/** Why a run may not go on. */
export async function whyLost(local: LocalStore, fileId: FileId): Promise<FileSharingError> {
  const record = (await local.load([names.head(fileId)])).get(names.head(fileId));
  if (record === undefined || decodeHead(record.bytes).state === "removing") {
    return new FileSharingError("file-removed", "This file was removed while it was uploaded; nothing more of it is sent.");
  }
  return new FileSharingError("taken-over", "Another run goes on with this upload; this one has stopped.");
}
