import { type Broadcast, BroadcastError } from "@cweb/broadcast";
import type { Clock, Random } from "@cweb/crypto";
import type { CwebId, Discovery } from "@cweb/discovery";
import type { FlushReport } from "@cweb/mailbox";
import { type KindRegistry, kinds, type Session, SessionError } from "@cweb/session";
import type { Cancellable, ContactBook } from "./contact-book.ts";
import { formatMessageId, parseMessageId } from "./core/message-id.ts";
import type { Unpublished } from "./core/records.ts";
import type { Outgoing } from "./outgoing.ts";

export interface SendOptions extends Cancellable {
  /** A UUID. Sending the same one to the same contact again sends nothing. Without one a random id is drawn. */
  readonly messageId?: string;
}

/** A text, or a message of a registered kind: at most 56 KiB. */
export type Content = string | { readonly kind: number; readonly payload: Uint8Array };

export interface SentMessage {
  /** A UUID. */
  readonly id: string;
  /** A contact's name, or a room's. */
  readonly to: string;
  readonly kind: "session" | "broadcast" | "room";
  /** Both are durable; `queued` goes with a later round or flush. */
  readonly state: "published" | "queued";
}

/** A message sent, and why it is only queued, where the own store or the disk failed after it was committed. */
export interface SendResult extends SentMessage {
  readonly failure?: unknown;
}

export interface SenderParts {
  readonly discovery: Discovery;
  readonly broadcast: Broadcast;
  readonly book: ContactBook;
  readonly outgoing: Outgoing;
  readonly random: Random;
  readonly clock: Clock;
  readonly kinds: KindRegistry;
  readonly session: (id: CwebId) => Session;
  /** Uploads what waits. */
  readonly publish: (cancel: Cancellable) => Promise<FlushReport>;
}

/** Sending: durable first, then as far as the network allows. */
export class Sender {
  readonly #parts: SenderParts;

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  async send(name: string, content: Content, { messageId, signal }: SendOptions): Promise<SendResult> {
    const cancel = signal ? { signal } : {};
    // Always an id of ours, never the session's: so that sending again what was printed sends nothing.
    const wanted = messageId === undefined ? this.#parts.random.bytes(16) : parseMessageId(messageId);
    const { id, name: to } = await this.#parts.book.find(name, cancel);
    const message = typeof content === "string" ? { kind: kinds.text.number, payload: new TextEncoder().encode(content) } : content;
    if (this.#parts.kinds.layerOf(message.kind)) {
      throw new SessionError(
        "unsupported-kind",
        `Messages of kind ${message.kind} are sent by a protocol of this home, not by applications.`,
      );
    }
    const sent = await this.#parts.session(id).send({ ...message, messageId: wanted }, cancel);
    return this.ship({ contact: id, messageId: sent.messageId, channel: "session" }, to, sent.isRepeated, cancel);
  }

  async broadcast(name: string, text: string, cancel: Cancellable): Promise<SendResult> {
    const { discovery, broadcast, book, random, clock, session } = this.#parts;
    const { id, name: to } = await book.find(name, cancel);
    if (!(await discovery.contact(id, cancel))?.pinned) await session(id).poll(cancel);
    const messageId = random.bytes(16);
    const item = { sentAt: clock.now(), kind: kinds.text.number, messageId, payload: new TextEncoder().encode(text) };
    const message = { contact: id, messageId, channel: "broadcast" };
    try {
      await broadcast.sendOneOff(id, item, cancel);
    } catch (error) {
      if (!(error instanceof BroadcastError) || error.code !== "init-live") throw error;
      await session(id).sendOneOff(item, cancel);
      return { ...(await this.ship({ ...message, channel: "session" }, to, false, cancel)), kind: "broadcast" };
    }
    return this.ship(message, to, false, cancel);
  }

  /** Messages that a flush published after they had been queued, each told once. */
  async settle(report: FlushReport, cancel: Cancellable): Promise<readonly SentMessage[]> {
    const messages = await this.#parts.outgoing.settle(report, cancel);
    return Promise.all(
      messages.map(async (message) => {
        const name = (await this.#parts.book.entry(message.contact, cancel))?.name ?? message.contact;
        return sentMessage(message, name, "published");
      }),
    );
  }

  /** Uploads a message that is committed, if the network allows it. */
  async ship(message: Unpublished, to: string, isRepeated: boolean, cancel: Cancellable): Promise<SendResult> {
    try {
      const report = await this.#parts.publish(cancel);
      const state = await this.#parts.outgoing.judge(message, isRepeated, report, cancel);
      const { failure } = report;
      return { ...sentMessage(message, to, state), ...(failure === undefined ? {} : { failure }) };
    } catch (failure) {
      cancel.signal?.throwIfAborted();
      // The message is committed: whoever were told that it failed would send it again.
      return { ...sentMessage(message, to, "queued"), failure };
    }
  }
}

function sentMessage({ messageId, channel }: Unpublished, to: string, state: SentMessage["state"]): SentMessage {
  return { id: formatMessageId(messageId), to, kind: channel === "broadcast" ? "broadcast" : "session", state };
}
