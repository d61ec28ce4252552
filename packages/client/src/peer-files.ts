import { type CipherSuite, type Clock, equal, type Random } from "@cweb/crypto";
import { type CwebId, encodeId } from "@cweb/discovery";
import {
  decodeFileReference,
  encodeFileReference,
  FileDownloader,
  type FileId,
  type FilePublisher,
  type FileReference,
  FileSharingError,
  type FileSource,
  type FileTarget,
  formatFileReference,
  type OpenedFile,
  openFile,
  type PublishedFile,
  parseFileReference,
  type TransferOptions,
  toFileId,
} from "@cweb/file-sharing";
import type { LocalStore } from "@cweb/storage-local";
import type { RemoteReader, RemoteWriter } from "@cweb/storage-remote";
import type { BookEntry, Cancellable, ContactBook } from "./contact-book.ts";
import { decodePlace, decodeReceived, decodeSent, encodeSent, fileNames } from "./core/file-records.ts";
import { formatMessageId, isMessageId, parseMessageId } from "./core/message-id.ts";
import { fileKind } from "./file-layer.ts";
import type { Layers } from "./layers.ts";
import { PeerError } from "./peer-error.ts";
import type { RoomFiles } from "./room-files.ts";
import type { Sender, SendResult } from "./sender.ts";
import { valueKey } from "./value-files.ts";

export interface ShareFileOptions extends TransferOptions {
  /** 1 to 255 bytes of UTF-8, as recipients see it. */
  readonly name: string;
  /** Default: `application/octet-stream`. */
  readonly mime?: string;
  /** When its content was changed last, in ms since 1970. */
  readonly mtime?: number;
  /** Names the upload, at most 1,024 characters, such as the file's path: the same call again goes on where it stopped. */
  readonly key?: string;
  /** Names of contacts. */
  readonly to: readonly string[];
  /** Names of rooms, likewise. */
  readonly rooms?: readonly string[];
}

/** A file of one's own. */
export interface SharedFile {
  readonly fileId: FileId;
  readonly state: PublishedFile["state"];
  /** One line of text for `open` and `download`, here and at contacts; as secret as the file. Once it is published. */
  readonly reference: string | undefined;
  readonly name: string;
  /** Bytes; unknown of a stream whose end has not come. */
  readonly size: number | undefined;
  readonly mime: string;
  /** Bytes that are stored. */
  readonly done: number;
  readonly total: number | undefined;
  /** Milliseconds since 1970. */
  readonly publishedAt: number | undefined;
  /** Names of the contacts who were told of it, then of rooms. */
  readonly to: readonly string[];
}

export interface ShareFileResult {
  readonly fileId: FileId;
  readonly reference: string;
  readonly name: string;
  readonly size: number;
  readonly to: readonly string[];
  /** The messages that tell of the file, one for each contact. */
  readonly sent: readonly SendResult[];
}

/** A file that a contact has sent. */
export interface ReceivedFile {
  readonly messageId: string;
  readonly from: string;
  readonly reference: string;
  readonly name: string;
  readonly size: number;
  readonly mime: string;
  /** Milliseconds since 1970, as the sender says. */
  readonly sentAt: number;
}

export interface DownloadOptions extends TransferOptions {
  readonly to: FileTarget;
}

export interface PeerFilesParts {
  readonly layers: Layers;
  readonly book: ContactBook;
  readonly sender: Sender;
  readonly roomFiles: RoomFiles;
  readonly local: LocalStore;
  readonly crypto: CipherSuite;
  readonly random: Random;
  readonly clock: Clock;
  readonly reader: RemoteReader;
  readonly writer: RemoteWriter;
  /** Keeps what was counted. */
  readonly noteRequests: (cancel: Cancellable) => Promise<void>;
}

/** How often interrupted removals are looked for, in ms. */
const tidyEvery = 600_000;
/** How long one that is under way may go on when the peer is closed, in ms. */
const closing = 1_000;

/** Large files for contacts: shared, listed, opened, downloaded. What was begun goes on where it stopped, in any process. */
export class PeerFiles {
  readonly #parts: PeerFilesParts;
  readonly #publisher: FilePublisher;
  readonly #downloader: FileDownloader;
  readonly #stop = new AbortController();
  #tidying: Promise<void> | undefined;
  #tidiedAt = Number.NEGATIVE_INFINITY;

  constructor(parts: PeerFilesParts) {
    this.#parts = parts;
    this.#publisher = parts.layers.publisher;
    this.#downloader = new FileDownloader(parts);
  }

  /**
   * Publishes a file, then tells the contacts of it: when it resolves the file is stored and the messages are durable. The same call again, after
   * a failure or a kill, sends nothing that was sent already, and tells nobody twice. Closes the source. Throws `PeerError` `unknown-contact` before anything is
   * sent, `FileSharingError`s, `SessionError` `peer-away`.
   */
  async share(source: FileSource, { to, rooms: inRooms = [], key, ...options }: ShareFileOptions): Promise<ShareFileResult> {
    const cancel = cancelOf(options);
    const { roomFiles } = this.#parts;
    const [entries, rooms] = await Promise.all([this.#recipients(to, cancel), roomFiles.find(inRooms, cancel)]).catch(
      async (error: unknown) => {
        await source.close?.().catch(() => undefined);
        throw error;
      },
    );
    const { fileId, reference, size } = await this.#counted(cancel, () => this.#publisher.publish(source, { ...options, ...keyed(key) }));
    if (!reference || size === undefined) throw new PeerError("corrupt-state", "A file that was published has no reference.");
    const told = new Map<CwebId, Told>();
    for (const { id } of entries.values()) told.set(id, await this.#tell(id, reference, cancel));
    const sent: SendResult[] = [];
    for (const [id, { messageId, isRepeated }] of told) {
      await this.#publisher.markSent(fileId, id, cancel);
      const message = { contact: id, messageId, channel: "session" };
      sent.push(await this.#parts.sender.ship(message, entries.get(id)?.name ?? id, isRepeated, cancel));
    }
    for (const room of rooms) sent.push(await roomFiles.tell(room, reference, cancel));
    const names = [...entries.values(), ...rooms].map(({ name }) => name);
    return { fileId, reference: formatFileReference(reference), name: reference.name, size, to: names, sent };
  }

  /** Own files, published and not yet published. */
  async list(cancel: Cancellable = {}): Promise<readonly SharedFile[]> {
    const files = await this.#publisher.list(cancel);
    return Promise.all(files.filter((file) => !isValue(file)).map((file) => this.#view(file, cancel)));
  }

  /** Throws `FileSharingError` `unknown-file`. */
  async get(fileId: string, cancel: Cancellable = {}): Promise<SharedFile> {
    const file = await this.#publisher.get(toFileId(fileId), cancel);
    if (file && !isValue(file)) return this.#view(file, cancel);
    throw new FileSharingError("unknown-file", "This home has no file of this id.");
  }

  /** Deletes the objects of an own file; who has fetched it keeps it. Goes on in `tidy` after a failure. Throws `FileSharingError`s. */
  async remove(fileId: string, cancel: Cancellable = {}): Promise<void> {
    const { fileId: id } = await this.get(fileId, cancel);
    await this.#counted(cancel, () => this.#publisher.remove(id, cancel));
    await this.#forgetSent(id, cancel);
  }

  /** The file that came with a message. Throws `PeerError` `bad-message-id`, `unknown-message`. */
  async received(messageId: string, cancel: Cancellable = {}): Promise<ReceivedFile> {
    const { layers, book } = this.#parts;
    const placeOf = fileNames.placeOf(formatMessageId(parseMessageId(messageId)));
    const found = (await layers.mailbox.load([placeOf], cancel)).get(placeOf);
    const at = found && fileNames.at(decodePlace(found));
    const kept = at && (await layers.mailbox.load([at], cancel)).get(at);
    if (!kept) return this.#receivedInRoom(messageId, cancel);
    const { contact, sentAt, ...file } = decodeReceived(kept);
    const reference = decodeFileReference(file.reference);
    const { name, size, mime } = reference;
    const from = (await book.entry(contact, cancel))?.name ?? contact;
    return { messageId: formatMessageId(file.messageId), from, reference: formatFileReference(reference), name, size, mime, sentAt };
  }

  /**
   * Reads of an own file, or of a contact's: by its reference, or the id of the message that it came with. Fetches only what is asked for.
   * Throws `PeerError` `unknown-contact` where its owner is none, `unknown-message`; `FileSharingError`s.
   */
  async open(file: string, { parallel, ...cancel }: Pick<TransferOptions, "parallel" | "signal"> = {}): Promise<OpenedFile> {
    const { crypto, random, clock } = this.#parts;
    const reference = await this.#referenceOf(file, cancel);
    const from = await this.#readerOf(reference, cancel);
    return openFile(reference, { from, crypto, random, clock, ...(parallel === undefined ? {} : { parallel }), ...cancel });
  }

  /** Fetches a file whole, where it stopped. Throws as `open`. */
  async download(file: string, options: DownloadOptions): Promise<{ readonly name: string; readonly size: number; readonly mime: string }> {
    const cancel = cancelOf(options);
    const reference = await this.#referenceOf(file, cancel);
    const from = await this.#readerOf(reference, cancel);
    const { size } = await this.#counted(cancel, () => this.#downloader.download(reference, { ...options, from }));
    return { name: reference.name, size, mime: reference.mime };
  }

  /**
   * Goes on with removals that were interrupted, once in a while and beside the rounds, which call it: a large file is many objects. What fails is
   * done later.
   */
  tidy(): void {
    const now = this.#parts.clock.now();
    if (this.#tidying || Math.abs(now - this.#tidiedAt) < tidyEvery) return;
    this.#tidiedAt = now;
    const cancel = { signal: this.#stop.signal };
    const done = (): void => {
      this.#tidying = undefined;
    };
    this.#tidying = this.#counted(cancel, () => this.#publisher.tidy(cancel)).then(done, done);
  }

  /** Ends what goes on beside the rounds. A process of one round gives it a moment: else none of many would ever get on with it. */
  async close(): Promise<void> {
    const done = new AbortController();
    const late = this.#tidying && this.#parts.clock.sleep(closing, done.signal).catch(() => undefined);
    await Promise.race([this.#tidying, late]);
    done.abort();
    this.#stop.abort();
    await this.#tidying;
  }

  async #recipients(names: readonly string[], cancel: Cancellable): Promise<ReadonlyMap<CwebId, BookEntry>> {
    const entries = new Map<CwebId, BookEntry>();
    for (const name of names) {
      const entry = await this.#parts.book.find(name, cancel);
      entries.set(entry.id, entry);
    }
    return entries;
  }

  /** Each contact is told of a file once: the note of that and the message are one commit. */
  async #tell(contact: CwebId, reference: FileReference, cancel: Cancellable): Promise<Told> {
    const { mailbox } = this.#parts.layers;
    const session = this.#parts.layers.session(contact);
    const record = fileNames.sent(contact, reference.fileId);
    const told = await mailbox.transact(
      { read: [record, ...session.reads] },
      (tx) => {
        const before = tx.get(record);
        if (before) return { messageId: decodeSent(before), isRepeated: true };
        const { messageId } = session.enqueue(tx, { kind: fileKind.number, payload: encodeFileReference(reference) });
        tx.put(record, encodeSent(messageId));
        return { messageId, isRepeated: false };
      },
      cancel,
    );
    await session.establish(cancel);
    return told;
  }

  async #receivedInRoom(messageId: string, cancel: Cancellable): Promise<ReceivedFile> {
    const found = await this.#parts.roomFiles.received(messageId, cancel);
    if (!found?.file) throw new PeerError("unknown-message", "No file has come with a message of this id, or it was long ago.");
    const { id, from, sentAt, file } = found;
    return { messageId: id, from, ...file, sentAt };
  }

  async #forgetSent(fileId: FileId, cancel: Cancellable): Promise<void> {
    await this.#parts.roomFiles.forget(fileId, cancel);
    const { layers, book } = this.#parts;
    const entries = await book.list(cancel);
    await layers.mailbox.transact(
      {},
      (tx) => {
        for (const { id } of entries) tx.remove(fileNames.sent(id, fileId));
      },
      cancel,
    );
  }

  async #referenceOf(file: string, cancel: Cancellable): Promise<FileReference> {
    return parseFileReference(isMessageId(file) ? (await this.received(file, cancel)).reference : file);
  }

  async #readerOf({ owner }: FileReference, cancel: Cancellable): Promise<RemoteReader> {
    const { layers, reader: own } = this.#parts;
    if (equal(owner, layers.discovery.identity.idBytes)) return own;
    const reader = (await layers.readerOf(encodeId(owner), cancel)) ?? (await layers.readerOfMember(encodeId(owner), cancel));
    if (reader) return reader;
    throw new PeerError(
      "unknown-contact",
      "This file's owner is none of your contacts, and in no room with you: add the owner with its card first.",
    );
  }

  async #view(file: PublishedFile, cancel: Cancellable): Promise<SharedFile> {
    const { fileId, state, name, size, mime, done, publishedAt, recipients } = file;
    const reference = file.reference && formatFileReference(file.reference);
    const { book, roomFiles } = this.#parts;
    const to = [...(await book.namesOf(recipients, cancel)), ...(await roomFiles.told(fileId, cancel))];
    return { fileId, state, reference, name, size, mime, done, total: size, publishedAt, to };
  }

  /** Keeps what was counted, whether or not all went well. */
  async #counted<T>(cancel: Cancellable, transfer: () => Promise<T>): Promise<T> {
    try {
      return await transfer();
    } finally {
      await this.#parts.noteRequests(cancel.signal?.aborted ? {} : cancel);
    }
  }
}

interface Told {
  readonly messageId: Uint8Array;
  readonly isRepeated: boolean;
}

/** Uploads of applications and those of large values have names of their own. */
const keyed = (key: string | undefined): { readonly key?: string } => (key === undefined ? {} : { key: `file:${key}` });
const isValue = ({ key }: PublishedFile): boolean => key?.startsWith(valueKey) ?? false;

const cancelOf = ({ signal }: Cancellable): Cancellable => (signal ? { signal } : {});
