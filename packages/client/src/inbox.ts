import type { CwebId } from "@cweb/discovery";
import type { InboxEntry, Mailbox } from "@cweb/mailbox";
import { type SessionEvent, type SessionEventKind, sessionEventCodec, sessionEventKinds } from "@cweb/session";
import { objectEventKinds } from "@cweb/shared-object";
import type { BookEntry, Cancellable, ContactBook } from "./contact-book.ts";
import { formatMessageId } from "./core/message-id.ts";
import { alarmSentence, noticeOf } from "./core/sentences.ts";
import { fileKind } from "./file-layer.ts";
import { shownContent } from "./message-content.ts";
import type { ObjectEvents } from "./object-events.ts";
import type { AlarmEvent, EventContent, PeerEvent } from "./peer-event.ts";
import { isRoomEventKind, type Positions, type RoomEvents } from "./room-events.ts";

export interface InboxOptions {
  readonly mailbox: Mailbox;
  readonly book: ContactBook;
  readonly objectEvents: ObjectEvents;
  readonly roomEvents: RoomEvents;
  /** Names a contact's store, or the own one (`undefined`), without secrets. */
  readonly storeOf: (contact: CwebId | undefined, cancel: Cancellable) => Promise<string>;
}

type Acknowledge = PeerEvent["acknowledge"];

/** Turns the mailbox's inbox into events, and takes those back that the application has. */
export class Inbox {
  readonly #options: InboxOptions;
  /** Handed out by this process and not acknowledged: not handed out again by it. */
  readonly #open: Set<number> = new Set();
  readonly #seqs: WeakMap<PeerEvent, number> = new WeakMap();

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  /** The oldest events that this process has not handed out yet, at most `limit`. */
  async take(limit: number, cancel: Cancellable = {}): Promise<readonly PeerEvent[]> {
    const entries = await this.#options.mailbox.takeInbox({ limit: limit + this.#open.size, ...cancel });
    const fresh = entries.filter(({ seq }) => !this.#open.has(seq));
    const events: PeerEvent[] = [];
    const silent: number[] = [];
    const positions: Positions = new Map();
    for (const entry of fresh) {
      const event = await this.#read(entry, positions, cancel);
      if (!event) silent.push(entry.seq);
      else {
        this.#open.add(entry.seq);
        this.#seqs.set(event, entry.seq);
        events.push(event);
      }
    }
    if (silent.length > 0) await this.#options.mailbox.acknowledge(silent, cancel);
    // Only silent ones on this page: there may be more behind them.
    return events.length === 0 && silent.length > 0 ? this.take(limit, cancel) : events;
  }

  async acknowledge(events: readonly PeerEvent[], cancel: Cancellable = {}): Promise<void> {
    const seqs = events.flatMap((event) => this.#seqs.get(event) ?? []).filter((seq) => this.#open.has(seq));
    if (seqs.length === 0) return;
    await this.#options.mailbox.acknowledge(seqs, cancel);
    for (const seq of seqs) this.#open.delete(seq);
  }

  /** `undefined` for what no application needs to see. */
  async #read({ kind, body, redelivered }: InboxEntry, positions: Positions, cancel: Cancellable): Promise<PeerEvent | undefined> {
    const { roomEvents } = this.#options;
    const content = isRoomEventKind(kind) ? await roomEvents.read(kind, body, positions, cancel) : await this.#content(kind, body, cancel);
    if (!content) return undefined;
    const acknowledge: Acknowledge = (options = {}) => this.acknowledge([event], options);
    const event: PeerEvent = { ...content, redelivered, acknowledge };
    return event;
  }

  async #content(kind: string, body: Uint8Array, cancel: Cancellable): Promise<EventContent | undefined> {
    if (kind === "own-state-restored") return { type: kind, contact: "me", message: noticeOf(kind) };
    if (isObjectKind(kind)) return this.#options.objectEvents.read(kind, body, cancel);
    if (!isSessionKind(kind)) return undefined;
    const content = sessionEventCodec.decode(body);
    const id = content.contact as CwebId;
    const entry = await this.#options.book.entry(id, cancel);
    // A contact that was removed meanwhile is told by its Id.
    const contact = entry?.name ?? id;
    return kind === "alarm" ? this.#alarm(content, contact, entry, cancel) : describe(kind, content, contact);
  }

  async #alarm(
    content: SessionEvent,
    contact: string,
    entry: BookEntry | undefined,
    cancel: Cancellable,
  ): Promise<EventContent<AlarmEvent>> {
    const { book, storeOf } = this.#options;
    const isOwn = content.channel === "own";
    const code = content.detail;
    // Discovery keeps those of the contact's descriptor itself, and knows when they are over.
    if (entry && (isOwn || notedHere.includes(code))) await book.raise(entry.id, code, isOwn, cancel);
    const store = await storeOf(isOwn ? undefined : (content.contact as CwebId), cancel);
    return { type: "alarm", contact, code, store, message: alarmSentence(code) };
  }
}

export const notedHere: readonly string[] = ["unreachable", "object-invalid"];

function describe(kind: Exclude<SessionEventKind, "alarm">, content: SessionEvent, contact: string): EventContent {
  const { messageId, number, payload, sentAt } = content;
  const id = messageId ? formatMessageId(messageId) : "";
  switch (kind) {
    case "message": {
      const channel = content.channel === "broadcast" ? "broadcast" : "session";
      const isFile = channel === "session" && number === fileKind.number;
      // In a one-off nobody has looked at a reference.
      const shown = isFile || number !== fileKind.number ? shownContent(number, payload) : {};
      return { type: kind, id, from: contact, number, payload, sentAt, kind: isFile ? "file" : channel, ...shown };
    }
    case "delivered":
      return { type: kind, id, to: contact };
    case "undelivered":
    case "unconfirmed":
      return { type: kind, id, to: contact, reason: content.detail === "expired" ? "expired" : "lost" };
    default:
      return { type: kind, contact, ...(messageId ? { id } : {}), message: noticeOf(kind, content.detail) };
  }
}

const isObjectKind = (kind: string): boolean => (objectEventKinds as readonly string[]).includes(kind);

function isSessionKind(kind: string): kind is SessionEventKind {
  return (sessionEventKinds as readonly string[]).includes(kind);
}
