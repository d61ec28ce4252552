import { equal } from "@cweb/crypto";
import type { FlushReport, Mailbox } from "@cweb/mailbox";
import { readTag } from "@cweb/shared-session";
import type { Cancellable } from "./contact-book.ts";
import { formatMessageId } from "./core/message-id.ts";
import {
  decodeUnpublishedInRoom,
  encodeUnpublishedInRoom,
  roomRecords,
  type UnpublishedInRoom,
  unpublishedPrefix,
} from "./core/room-records.ts";

interface Waiting extends UnpublishedInRoom {
  readonly record: string;
}

const most = 100_000;

/** Which own messages to rooms have been told to be queued and not yet to be published. */
export class RoomOutgoing {
  readonly #mailbox: Mailbox;

  constructor(mailbox: Mailbox) {
    this.#mailbox = mailbox;
  }

  /** After the flush that followed a send: whether the message is in the bucket. If not, it is remembered for `settle`. */
  async judge(message: UnpublishedInRoom, isRepeated: boolean, report: FlushReport, cancel: Cancellable): Promise<"published" | "queued"> {
    const known = isRepeated ? (await this.#list(cancel)).find((one) => isSame(one, message)) : undefined;
    const isIdle = isRepeated && !known && (await this.#mailbox.queued(cancel)) === 0;
    if (isIdle || isPublished(message, report)) return "published";
    if (!known) await this.#remember(message, cancel);
    return "queued";
  }

  /** After any flush: the remembered messages that are in the bucket now, each once. */
  async settle(report: FlushReport, cancel: Cancellable): Promise<readonly UnpublishedInRoom[]> {
    const published = (await this.#list(cancel)).filter((message) => isPublished(message, report));
    if (published.length === 0) return [];
    await this.#mailbox.transact(
      {},
      (tx) => {
        for (const { record } of published) tx.remove(record);
      },
      cancel,
    );
    return published;
  }

  async #list(cancel: Cancellable): Promise<readonly Waiting[]> {
    const records = await this.#mailbox.scan(unpublishedPrefix, { limit: most, ...cancel });
    return records.map(({ name, bytes }) => ({ record: name, ...decodeUnpublishedInRoom(bytes) }));
  }

  async #remember(message: UnpublishedInRoom, cancel: Cancellable): Promise<void> {
    await this.#mailbox.transact(
      {},
      (tx) => tx.put(roomRecords.unpublished(tx.tick(), formatMessageId(message.messageId)), encodeUnpublishedInRoom(message)),
      cancel,
    );
  }
}

const isSame = (a: UnpublishedInRoom, b: UnpublishedInRoom): boolean => a.room === b.room && equal(a.messageId, b.messageId);

/** A flush that left nothing undone has stored everything. */
function isPublished(message: UnpublishedInRoom, { stored, pending, failure }: FlushReport): boolean {
  if (!pending && failure === undefined) return true;
  return stored.some(({ tag }) => {
    const read = tag === undefined ? undefined : readTag(tag);
    return read !== undefined && isSame({ room: read.groupId, messageId: read.messageId }, message);
  });
}
