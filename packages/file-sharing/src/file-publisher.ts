import { type CipherSuite, type Clock, encodeBase32, equal, type Random, utf8 } from "@cweb/crypto";
import type { LocalRecord, LocalStore, Revision } from "@cweb/storage-local";
import type { RemoteWriter } from "@cweb/storage-remote";
import { encodeFileId, type FileId, toFileId } from "./core/file-id.ts";
import { limits } from "./core/limits.ts";
import { checkPublication, type Publication, type PublishOptions } from "./core/publication.ts";
import { isSameFile, takenOver, type UploadHead } from "./core/upload.ts";
import { FileSharingError } from "./file-sharing-error.ts";
import type { FileSource } from "./file-source.ts";
import { type PublishedFile, publishedFile } from "./published-file.ts";
import { allHeads, forget, removeDue, removeFileObjects } from "./removal.ts";
import { UploadJournal, whyLost } from "./upload-journal.ts";
import { UploadRun } from "./upload-run.ts";
import { decodeHead, decodeKey, decodeRecipients, encodeHead, encodeKey, encodeRecipients, names } from "./wire/upload-records.ts";

export interface FilePublisherOptions {
  /** Holds the keys of the files, and what was uploaded already. */
  readonly local: LocalStore;
  /** The own bucket. */
  readonly writer: RemoteWriter;
  readonly crypto: CipherSuite;
  readonly random: Random;
  readonly clock: Clock;
  /** The own Id, 32 bytes: references name it. */
  readonly owner: Uint8Array;
}

interface Cancellable {
  readonly signal?: AbortSignal;
}

interface Begun {
  readonly head: UploadHead;
  readonly revision: Revision;
}

/** Publishes files in the own bucket, lists and removes them. Several processes may use one home at once. */
export class FilePublisher {
  readonly #options: FilePublisherOptions;

  /** Throws `FileSharingError` `bad-options`. */
  constructor(options: FilePublisherOptions) {
    if (options.owner.length !== 32) throw new FileSharingError("bad-options", "An owner's Id has 32 bytes.");
    this.#options = { ...options, owner: options.owner.slice() };
  }

  /**
   * Uploads a file and answers its reference, once every byte is stored. Interrupted in whatever way, the same call with the same `key`
   * goes on without sending again what had arrived. Closes the source.
   * Throws `FileSharingError`: `bad-name`, `bad-options`, `too-large`; `source-changed`, `source-gone`, `storage-failed` (what was sent is
   * kept); `file-removed`, `taken-over` (by another run with this key). Throws the signal's reason, and errors of the local store.
   */
  async publish(source: FileSource, options: PublishOptions): Promise<PublishedFile> {
    try {
      const cancellable = cancel(options.signal);
      const wanted = checkPublication(options, source.size, await source.fingerprint?.(cancellable));
      const { head, revision } = await this.#begin(wanted, cancellable);
      return publishedFile(this.#options.local, head.state === "published" ? head : await this.#run(head, revision, source, options));
    } finally {
      await source.close?.().catch(() => undefined);
    }
  }

  /** All files of this home, those on their way and those about to go included, in the order of their ids. */
  async list(options: Cancellable = {}): Promise<readonly PublishedFile[]> {
    const files: PublishedFile[] = [];
    for await (const head of allHeads(this.#options.local, options)) files.push(await publishedFile(this.#options.local, head, options));
    return files;
  }

  /** `undefined`: there is none with this id. */
  async get(fileId: FileId, options: Cancellable = {}): Promise<PublishedFile | undefined> {
    const found = await this.#load(fileId, options);
    return found && publishedFile(this.#options.local, found.head, options);
  }

  /** Notes whom the file was sent to (1 to 256 characters): what `PublishedFile.recipients` tells. Throws `unknown-file`, `bad-options`. */
  async markSent(fileId: FileId, recipient: string, options: Cancellable = {}): Promise<void> {
    if (recipient.length === 0 || recipient.length > limits.recipient || !recipient.isWellFormed()) {
      throw new FileSharingError("bad-options", "The name of a recipient has 1 to 256 characters.");
    }
    const { local } = this.#options;
    const name = names.recipients(toFileId(fileId));
    for (;;) {
      const { revision } = await this.#known(fileId, options);
      const record = (await local.load([name], options)).get(name);
      const recipients = record === undefined ? [] : decodeRecipients(record.bytes);
      if (recipients.includes(recipient)) return;
      if (recipients.length === limits.recipients) throw new FileSharingError("bad-options", "A file is sent to at most 4,096 recipients.");
      const expected = new Map([
        [names.head(fileId), revision],
        [name, record?.revision ?? null],
      ]);
      const put = new Map([[name, encodeRecipients([...recipients, recipient])]]);
      if ((await local.commit({ expected, put, remove: new Set() }, options)).kind === "committed") return;
    }
  }

  /**
   * Deletes all objects of a file, the root first, and forgets it. Interrupted, it goes on with the same call, or in `tidy`. What somebody has
   * fetched already stays with them. Throws `unknown-file`, `storage-failed`.
   */
  async remove(fileId: FileId, options: Cancellable = {}): Promise<void> {
    for (;;) {
      const { head, revision } = await this.#known(fileId, options);
      const finishedAt = head.state === "uploading" ? this.#options.clock.now() : head.finishedAt;
      const removing: UploadHead = { ...head, state: "removing", finishedAt };
      const name = names.head(fileId);
      const batch = { expected: new Map([[name, revision]]), put: new Map([[name, encodeHead(removing)]]), remove: new Set<string>() };
      if ((await this.#options.local.commit(batch, options)).kind === "committed") return this.#finishRemoval(removing, options);
    }
  }

  /**
   * Goes on with removals that were interrupted, and deletes what may have been stored late. Call it now and then. `next`: when it has
   * something to do again, in ms since 1970; `undefined`: nothing waits. Throws `storage-failed`.
   */
  async tidy(options: Cancellable = {}): Promise<{ readonly next: number | undefined }> {
    for await (const head of allHeads(this.#options.local, options)) {
      if (head.state === "removing") await this.#finishRemoval(head, options);
    }
    return { next: await removeDue(this.#options, options) };
  }

  async #finishRemoval(head: UploadHead, options: Cancellable): Promise<void> {
    await removeFileObjects(this.#options, head, options);
    await forget(this.#options, head.fileId, this.#keyName(head.key), options);
  }

  #run(head: UploadHead, revision: Revision, source: FileSource, options: PublishOptions): Promise<UploadHead> {
    const { local, crypto, clock } = this.#options;
    const journal = new UploadJournal({ local, crypto, clock, fileId: head.fileId, revision });
    return new UploadRun(this.#options, head, journal, options).run(source);
  }

  /** The finished file that is wanted, the unfinished one taken over by this run, or a new one. */
  async #begin(wanted: Publication, options: Cancellable): Promise<Begun> {
    const keyName = this.#keyName(wanted.key);
    for (;;) {
      options.signal?.throwIfAborted();
      const key = keyName === undefined ? undefined : (await this.#options.local.load([keyName], options)).get(keyName);
      const former = key && (await this.#load(decodeKey(key.bytes), options));
      if (former?.head.state === "published" && isSameFile(former.head, wanted)) return former;
      const head = this.#next(former?.head, wanted);
      if (!(await this.#commitBegun(head, former, keyName, key, options))) continue;
      const begun = await this.#load(head.fileId, options);
      if (begun === undefined || !equal(begun.head.run, head.run)) throw await whyLost(this.#options.local, head.fileId);
      return begun;
    }
  }

  #next(former: UploadHead | undefined, wanted: Publication): UploadHead {
    const { random, clock } = this.#options;
    const run = random.bytes(16);
    if (former?.state === "uploading" && former.log2 === wanted.log2) return takenOver(former, wanted, run);
    const fileId = encodeFileId(random.bytes(16));
    return { state: "uploading", ...wanted, fileId, run, content: 1, createdAt: clock.now(), finishedAt: undefined, reference: undefined };
  }

  async #commitBegun(
    head: UploadHead,
    former: Begun | undefined,
    keyName: string | undefined,
    key: LocalRecord | undefined,
    options: Cancellable,
  ): Promise<boolean> {
    const expected = new Map<string, Revision | null>([[names.head(head.fileId), null]]);
    const put = new Map([[names.head(head.fileId), encodeHead(head)]]);
    if (keyName !== undefined) {
      expected.set(keyName, key?.revision ?? null);
      put.set(keyName, encodeKey(head.fileId));
    }
    if (former !== undefined) expected.set(names.head(former.head.fileId), former.revision);
    // Its chunks have another size: nothing of it can be used.
    if (former?.head.state === "uploading" && former.head.fileId !== head.fileId) {
      const finishedAt = this.#options.clock.now();
      put.set(names.head(former.head.fileId), encodeHead({ ...former.head, state: "removing", finishedAt }));
    }
    return (await this.#options.local.commit({ expected, put, remove: new Set() }, options)).kind === "committed";
  }

  async #load(fileId: FileId, options: Cancellable): Promise<Begun | undefined> {
    const name = names.head(toFileId(fileId));
    const record = (await this.#options.local.load([name], options)).get(name);
    return record && { head: decodeHead(record.bytes), revision: record.revision };
  }

  async #known(fileId: FileId, options: Cancellable): Promise<Begun> {
    const found = await this.#load(fileId, options);
    if (found === undefined) throw new FileSharingError("unknown-file", "This home has no such file: its list shows those it has.");
    return found;
  }

  /** Keys may hold any characters, names of records may not. */
  #keyName(key: string | undefined): string | undefined {
    return key === undefined ? undefined : names.key(encodeBase32(this.#options.crypto.sha256(utf8(key))));
  }
}

const cancel = (signal: AbortSignal | undefined): Cancellable => (signal === undefined ? {} : { signal });
