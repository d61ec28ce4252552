import type { CwebId } from "@cweb/discovery";
import {
  type RoomEvent as Coded,
  type GroupId,
  type MessageHash,
  type RoomEventKind,
  roomEventCodec,
  roomEventKinds,
} from "@cweb/shared-session";
import type { Cancellable, ContactBook } from "./contact-book.ts";
import { formatMessageId } from "./core/message-id.ts";
import { alarmSentence, noticeOf, roomSentence } from "./core/sentences.ts";
import { fileKind, refusalOf } from "./file-layer.ts";
import type { Layers } from "./layers.ts";
import { shownContent } from "./message-content.ts";
import type { EventContent, RoomEvent } from "./peer-event.ts";
import type { RoomBook } from "./room-book.ts";

export interface RoomEventsParts {
  readonly book: ContactBook;
  readonly roomBook: RoomBook;
  readonly layers: Pick<Layers, "rooms" | "memberName" | "storeOfMember" | "discovery">;
}

/** Where messages stand, of the rooms of one batch of events. */
export type Positions = Map<GroupId, ReadonlyMap<MessageHash, number>>;

/** Turns what rooms tell the inbox into events. */
export class RoomEvents {
  readonly #parts: RoomEventsParts;

  constructor(parts: RoomEventsParts) {
    this.#parts = parts;
  }

  /** `undefined` for what no application needs to see. */
  async read(kind: RoomEventKind, body: Uint8Array, positions: Positions, cancel: Cancellable): Promise<EventContent | undefined> {
    const { layers, roomBook } = this.#parts;
    const event = roomEventCodec.decode(body);
    // Who founds a room knows it.
    if (kind === "room-joined" && event.member === layers.discovery.identity.id) return undefined;
    const room = await roomBook.nameOf(event.groupId, cancel);
    const member = await this.#nameOf(event.member, cancel);
    if (kind === "room-message") return this.#message(event, room, member, positions, cancel);
    const store = await layers.storeOfMember(event.groupId, event.member as CwebId, cancel);
    if (kind === "room-alarm") return alarm(event, room, member, store);
    return notice(kind, event, room, member, store);
  }

  async #message(event: Coded, room: string, from: string, positions: Positions, cancel: Cancellable): Promise<EventContent> {
    const { number, payload, messageId, sentAt, hash, detail } = event;
    const id = messageId ? formatMessageId(messageId) : "";
    const refusal = number === fileKind.number && detail === "" ? refusalOf(event.member as CwebId, payload) : undefined;
    if (detail === "unsupported" || refusal) {
      const type = refusal?.kind ?? "unsupported";
      return { type, contact: from, room, id, message: noticeOf(type, refusal?.detail) };
    }
    const position = hash === null ? undefined : (await this.#positions(event.groupId, positions, cancel)).get(hash);
    const place = position === undefined ? {} : { position };
    return { type: "message", kind: "room", id, from, room, number, payload, sentAt, ...shownContent(number, payload), ...place };
  }

  async #positions(id: GroupId, known: Positions, cancel: Cancellable): Promise<ReadonlyMap<MessageHash, number>> {
    const found = known.get(id) ?? (await this.#parts.layers.rooms.positions(id, cancel));
    known.set(id, found);
    return found;
  }

  async #nameOf(member: string, cancel: Cancellable): Promise<string> {
    return member === "" ? "" : this.#parts.layers.memberName(this.#parts.book, member as CwebId, cancel);
  }
}

function alarm({ detail, payload }: Coded, room: string, contact: string, store: string): EventContent {
  const evidence = payload.length > 0 ? { evidence: payload } : {};
  return { type: "alarm", contact, room, code: detail, store, ...evidence, message: alarmSentence(detail) };
}

type NoticeKind = Exclude<RoomEventKind, "room-message" | "room-alarm">;

function notice(kind: NoticeKind, { messageId, n, detail }: Coded, room: string, member: string, store: string): EventContent<RoomEvent> {
  const about = { type: kind, room, member, message: roomSentence(kind, detail) };
  switch (kind) {
    case "room-members":
      return { ...about, change: detail === "added" ? "added" : "removed" };
    case "room-withheld":
      return { ...about, n, store };
    case "room-recovered":
      return { ...about, n };
    case "room-withdrawn":
      return { ...about, ...(messageId ? { id: formatMessageId(messageId) } : {}), reason: detail };
    case "room-refused":
      return { ...about, n, reason: detail };
    default:
      return about;
  }
}

export const isRoomEventKind = (kind: string): kind is RoomEventKind => (roomEventKinds as readonly string[]).includes(kind);
