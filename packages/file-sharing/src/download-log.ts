import type { CommitOptions, LocalRecord, LocalStore, Revision } from "@cweb/storage-local";
import {
  type DownloadHead,
  type DownloadId,
  emptySegment,
  headCodec,
  headName,
  type Segment,
  saltAt,
  segmentChunks,
  segmentCodec,
  segmentIn,
  segmentName,
  segmentPrefix,
  withSalt,
} from "./core/download-records.ts";
import { FileSharingError } from "./file-sharing-error.ts";

interface Cancellable {
  readonly signal?: AbortSignal | undefined;
}

/** `exactOptionalPropertyTypes` tells an absent signal from an undefined one; the ports want it absent. */
export const cancel = (signal: AbortSignal | undefined): { readonly signal?: AbortSignal } => (signal === undefined ? {} : { signal });

const pageSize = 256;
/** Each means that another process has committed. */
const mostConflicts = 100;

const takenOver = (): FileSharingError =>
  new FileSharingError("taken-over", "Another run of this home has finished or given up this download; look for the file first.");

/** Everything under `prefix`, a page at a time. */
export async function* scanAll(local: LocalStore, prefix: string, signal?: AbortSignal): AsyncIterable<LocalRecord> {
  for (let after = ""; ; ) {
    const page = await local.scan(prefix, { after, limit: pageSize, ...cancel(signal) });
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return;
    after = last.name;
  }
}

/** Removes all that this home remembers of a download. */
export async function removeDownload(local: LocalStore, id: DownloadId, signal?: AbortSignal): Promise<void> {
  // A mark that another run makes in this moment may stay: it costs the next run a comparison, for what is marked is never taken on trust.
  const names = [headName(id)];
  for await (const { name } of scanAll(local, segmentPrefix(id), signal)) names.push(name);
  await local.commit({ expected: new Map(), put: new Map(), remove: new Set(names) }, { relaxed: true, ...cancel(signal) });
}

/**
 * What has arrived of one download, durably. Several processes may keep one log at once: they add to each other's. Chunks marked at the
 * same time share a commit.
 */
export class DownloadLog {
  readonly #local: LocalStore;
  readonly #id: DownloadId;
  readonly #segments: Map<number, Segment>;
  #head: DownloadHead | undefined;
  #pending = new Map<number, Uint8Array>();
  #next: Promise<void> | undefined;
  #last: Promise<void> = Promise.resolve();

  private constructor(local: LocalStore, id: DownloadId, head: DownloadHead | undefined, segments: Map<number, Segment>) {
    this.#local = local;
    this.#id = id;
    this.#head = head;
    this.#segments = segments;
  }

  static async load(local: LocalStore, id: DownloadId, { signal }: Cancellable = {}): Promise<DownloadLog> {
    const head = (await local.load([headName(id)], cancel(signal))).get(headName(id));
    const segments = new Map<number, Segment>();
    if (head !== undefined) {
      for await (const record of scanAll(local, segmentPrefix(id), signal))
        segments.set(segmentIn(record.name), segmentCodec.decode(record.bytes));
    }
    return new DownloadLog(local, id, head === undefined ? undefined : headCodec.decode(head.bytes), segments);
  }

  get isFinishing(): boolean {
    return this.#head?.state === 1;
  }

  /** 24 bytes; `undefined` where the chunk has not arrived. */
  salt(chunk: number): Uint8Array | undefined {
    const segment = this.#segments.get(Math.floor(chunk / segmentChunks));
    return segment === undefined ? undefined : saltAt(segment, chunk % segmentChunks);
  }

  /** The chunks that have arrived. */
  *arrived(): Iterable<number> {
    for (const [number, segment] of this.#segments) {
      for (let place = 0; place < segmentChunks; place++) if (saltAt(segment, place) !== undefined) yield number * segmentChunks + place;
    }
  }

  /** Sets up the record; goes on with one that is there. */
  async begin(head: DownloadHead, { signal }: Cancellable = {}): Promise<void> {
    if (this.#head !== undefined) return;
    const name = headName(this.#id);
    // Left by a removal that was interrupted, or of another process that begins just now.
    const expected = new Map<string, Revision | null>([[name, null]]);
    const put = new Map([[name, headCodec.encode(head)]]);
    await this.#local.commit({ expected, put, remove: new Set() }, { relaxed: true, ...cancel(signal) });
    this.#head = head;
  }

  /**
   * The chunk is there. Resolves when that is recorded. Relaxed: what is marked is compared before it is used, so a power cut that takes marks or
   * chunks costs requests, nothing else. Throws `taken-over` where the record is gone.
   */
  mark(chunk: number, salt: Uint8Array): Promise<void> {
    this.#pending.set(chunk, salt);
    if (this.#next === undefined) {
      const next = this.#last.then(() => {
        this.#next = undefined;
        return this.#flush();
      });
      this.#next = next;
      this.#last = next.catch(() => undefined);
    }
    return this.#next;
  }

  async #flush(): Promise<void> {
    const marks = this.#pending;
    this.#pending = new Map();
    const numbers = new Set([...marks.keys()].map((chunk) => Math.floor(chunk / segmentChunks)));
    await this.#amend(
      [...numbers].map((number) => segmentName(this.#id, number)),
      (records) => {
        const put = new Map<string, Uint8Array>();
        for (const number of numbers) {
          const name = segmentName(this.#id, number);
          const stored = records.get(name);
          let segment = stored === undefined ? emptySegment() : segmentCodec.decode(stored.bytes);
          for (const [chunk, salt] of marks) {
            if (Math.floor(chunk / segmentChunks) === number) segment = withSalt(segment, chunk % segmentChunks, salt);
          }
          this.#segments.set(number, segment);
          put.set(name, segmentCodec.encode(segment));
        }
        return put;
      },
      { relaxed: true },
    );
  }

  /** All chunks are there: from now on the file may have its final name. */
  async finishing({ signal }: Cancellable = {}): Promise<void> {
    const name = headName(this.#id);
    const finish = (records: ReadonlyMap<string, LocalRecord>): ReadonlyMap<string, Uint8Array> => {
      this.#head = { ...headCodec.decode((records.get(name) as LocalRecord).bytes), state: 1 };
      return new Map([[name, headCodec.encode(this.#head)]]);
    };
    await this.#amend([], finish, cancel(signal));
  }

  /** A change of records as long as the head is there. */
  async #amend(
    names: readonly string[],
    change: (records: ReadonlyMap<string, LocalRecord>) => ReadonlyMap<string, Uint8Array>,
    options: CommitOptions,
  ): Promise<void> {
    const all = [headName(this.#id), ...names];
    for (let conflicts = 0; conflicts < mostConflicts; conflicts++) {
      const records = await this.#local.load(all, cancel(options.signal));
      if (!records.has(headName(this.#id))) throw takenOver();
      const expected = new Map(all.map((name) => [name, records.get(name)?.revision ?? null]));
      const { kind } = await this.#local.commit({ expected, put: change(records), remove: new Set() }, options);
      if (kind === "committed") return;
    }
    throw takenOver();
  }
}
