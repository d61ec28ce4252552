import type { Broadcast } from "@cweb/broadcast";
import type { CwebId } from "@cweb/discovery";
import type { FlushReport, Mailbox } from "@cweb/mailbox";
import type { SessionStatus } from "@cweb/session";
import type { Cancellable } from "./contact-book.ts";
import { formatMessageId } from "./core/message-id.ts";
import { decodeUnpublished, encodeUnpublished, names, prefixes, type Unpublished } from "./core/records.ts";

interface Waiting extends Unpublished {
  readonly record: string;
}

export interface OutgoingParts {
  readonly mailbox: Mailbox;
  readonly broadcast: Broadcast;
  readonly sessionStatus: (id: CwebId, cancel: Cancellable) => Promise<SessionStatus>;
}

const most = 100_000;
const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Which own messages have been told to be queued and not yet to be published. */
export class Outgoing {
  readonly #parts: OutgoingParts;

  constructor(parts: OutgoingParts) {
    this.#parts = parts;
  }

  async list(cancel: Cancellable = {}): Promise<readonly Waiting[]> {
    const records = await this.#parts.mailbox.scan(prefixes.unpublished, { limit: most, ...cancel });
    return records.map(({ name, bytes }) => ({ record: name, ...decodeUnpublished(bytes) }));
  }

  /** After the flush that followed a send: whether the message is in the bucket. If not, it is remembered for `settle`. */
  async judge(message: Unpublished, isRepeated: boolean, report: FlushReport, cancel: Cancellable = {}): Promise<"published" | "queued"> {
    const known = isRepeated ? await this.#known(message, cancel) : undefined;
    const isPublished = known === undefined && isRepeated && !isComplete(report) ? await this.#isIdle(message, cancel) : undefined;
    if (isPublished ?? (await this.#isPublished(message, 1, report, cancel))) return "published";
    if (!known) await this.#remember(message, cancel);
    return "queued";
  }

  /** After any flush: the remembered messages that are in the bucket now, each once. */
  async settle(report: FlushReport, cancel: Cancellable = {}): Promise<readonly Unpublished[]> {
    const waiting = await this.list(cancel);
    const published: Waiting[] = [];
    for (const [index, message] of waiting.entries()) {
      const place = waiting.slice(index).filter(({ contact }) => contact === message.contact).length;
      if (await this.#isPublished(message, place, report, cancel)) published.push(message);
    }
    if (published.length > 0) await this.#forget(published, cancel);
    return published;
  }

  async forgetContact(id: CwebId, cancel: Cancellable = {}): Promise<void> {
    await this.#forget(
      (await this.list(cancel)).filter(({ contact }) => contact === id),
      cancel,
    );
  }

  /**
   * A flush that left nothing undone has stored everything that is encrypted. A session encrypts in order: only its last `queued`
   * messages are not. `place` counts from the newest message, which is 1.
   */
  async #isPublished(message: Unpublished, place: number, report: FlushReport, cancel: Cancellable): Promise<boolean> {
    const tag = `${message.contact}/${hex(message.messageId)}`;
    if (report.stored.some((object) => object.tag === tag)) return true;
    if (!isComplete(report)) return false;
    const { session, queued } = await this.#parts.sessionStatus(message.contact, cancel);
    if (message.channel === "session" && (session === "none" || queued >= place)) return false;
    // An entry may wait for room in its slot.
    const isInSlot = message.channel === "broadcast" || session === "initiated";
    return !isInSlot || (await this.#parts.broadcast.status(cancel)).queued === 0;
  }

  /** For a message that was sent before, without a network: nothing of this contact waits. */
  async #isIdle(message: Unpublished, cancel: Cancellable): Promise<boolean> {
    const { session, queued } = await this.#parts.sessionStatus(message.contact, cancel);
    return session === "established" && queued === 0 && (await this.#parts.mailbox.queued(cancel)) === 0;
  }

  async #known({ contact, messageId }: Unpublished, cancel: Cancellable): Promise<Waiting | undefined> {
    const id = hex(messageId);
    return (await this.list(cancel)).find((one) => one.contact === contact && hex(one.messageId) === id);
  }

  async #remember(message: Unpublished, cancel: Cancellable): Promise<void> {
    await this.#parts.mailbox.transact(
      {},
      (tx) => tx.put(names.unpublished(tx.tick(), formatMessageId(message.messageId)), encodeUnpublished(message)),
      cancel,
    );
  }

  async #forget(messages: readonly Waiting[], cancel: Cancellable): Promise<void> {
    if (messages.length === 0) return;
    await this.#parts.mailbox.transact(
      {},
      (tx) => {
        for (const { record } of messages) tx.remove(record);
      },
      cancel,
    );
  }
}

const isComplete = (report: FlushReport): boolean => !report.pending && report.failure === undefined;
