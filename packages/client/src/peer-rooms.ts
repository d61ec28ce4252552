import type { Random } from "@cweb/crypto";
import type { CwebId } from "@cweb/discovery";
import type { FlushReport } from "@cweb/mailbox";
import { type KindRegistry, kinds, SessionError } from "@cweb/session";
import type { GroupId, HistoryMessage, Policy, RoomStatus } from "@cweb/shared-session";
import type { Cancellable, ContactBook } from "./contact-book.ts";
import { formatMessageId, parseMessageId } from "./core/message-id.ts";
import { checkRoomName } from "./core/room-records.ts";
import { fileKind, refusalOf } from "./file-layer.ts";
import type { Layers } from "./layers.ts";
import { shownContent } from "./message-content.ts";
import type { EventFile } from "./peer-event.ts";
import type { RoomBook } from "./room-book.ts";
import type { RoomOutgoing } from "./room-outgoing.ts";
import type { Content, SendOptions, SendResult, SentMessage } from "./sender.ts";

export interface RoomOptions extends Cancellable {
  /** Days that authors keep messages that every member has; without it they are deleted then. At most 36,500. */
  readonly keepDays?: number;
  /** Whether members hand on messages of others to members that miss them. Default true. */
  readonly copies?: boolean;
  /** Whether members tell what they have read. Default true. */
  readonly receipts?: boolean;
}

/** A room as it is known here. Members are called by the contacts' names, "me", or the Cweb Id of who is no contact. Times in ms since 1970. */
export interface PeerRoom {
  /** Here. */
  readonly name: string;
  readonly id: GroupId;
  /** What its admin calls it. */
  readonly title: string;
  /** `restoring`: this home was restored, and waits to be listed with a new key. */
  readonly state: RoomStatus["state"];
  /** Rises with each change of the members, and of the keys. 0: none is known yet. */
  readonly epoch: number;
  readonly admin: string;
  readonly members: readonly string[];
  readonly policy: Policy | undefined;
  readonly canSend: boolean;
  /** When the admin's store last said that the members are these. */
  readonly confirmedAt: number;
  /** Messages that are known of and not here; `withheld`: whom the store is to blame for it. */
  readonly missing: readonly {
    readonly from: string;
    readonly n: number;
    readonly since: number;
    readonly state: "missing" | "withheld";
    readonly store: string;
  }[];
  readonly alarms: readonly { readonly code: string; readonly contact: string; readonly store: string; readonly since: number }[];
  /** Messages that are here and not shown, since what they answer is missing. */
  readonly waiting: number;
  /** Why a change is not uploaded yet, where the own store failed: a later round does it. */
  readonly failure?: unknown;
}

/** A message in the room's order. */
export interface RoomMessage {
  readonly id: string;
  readonly room: string;
  readonly from: string;
  readonly number: number;
  readonly text?: string;
  readonly file?: EventFile;
  readonly payload: Uint8Array;
  /** Milliseconds since 1970, as the sender says. */
  readonly sentAt: number;
  /** From 0. */
  readonly position: number;
  /** Members other than the sender who are known to have it; `undefined` in rooms without receipts. */
  readonly receivedBy: readonly string[] | undefined;
}

export interface RoomSendResult extends SendResult {
  /** `unconfirmed`: the admin's store did not answer, so that whoever was removed of late may still read this. */
  readonly membership: "confirmed" | "unconfirmed";
}

export interface PeerRoomsParts {
  readonly layers: Layers;
  readonly book: ContactBook;
  readonly roomBook: RoomBook;
  readonly outgoing: RoomOutgoing;
  readonly random: Random;
  readonly kinds: KindRegistry;
  /** Uploads what waits. */
  readonly publish: (cancel: Cancellable) => Promise<FlushReport>;
}

const mostShown = 1_000_000;

/** Rooms: conversations of several people, each with one admin. Changes are durable when they resolve, and uploaded as far as the network allows. */
export class PeerRooms {
  readonly #parts: PeerRoomsParts;

  constructor(parts: PeerRoomsParts) {
    this.#parts = parts;
  }

  /** Makes a room with this home as its admin and only member. Throws `PeerError` `bad-name`, `room-exists`; `SharedSessionError` `too-large`. */
  async create(name: string, { signal, ...policy }: RoomOptions = {}): Promise<PeerRoom> {
    const { layers, roomBook } = this.#parts;
    const cancel = signal ? { signal } : {};
    const wanted = checkRoomName(name);
    const { id } = await layers.rooms.create({ name: wanted, policy, note: (tx, made) => roomBook.claim(tx, made, wanted) }, cancel);
    return this.#published(id, [], cancel);
  }

  /** Invites contacts; they are members once their homes have answered. Throws `PeerError` `unknown-room`, `unknown-contact`; `SharedSessionError` `not-admin`. */
  async add(room: string, contacts: readonly string[], cancel: Cancellable = {}): Promise<PeerRoom> {
    const { layers, roomBook, book } = this.#parts;
    const { id } = await roomBook.find(room, cancel);
    const ids = await book.ids(contacts, cancel);
    return this.#published(id, await layers.rooms.add(id, ids, cancel), cancel);
  }

  /** From now on these members read nothing new. Throws as `add`, and `waiting` (retryable). */
  async remove(room: string, members: readonly string[], cancel: Cancellable = {}): Promise<PeerRoom> {
    const { layers, roomBook } = this.#parts;
    const { id } = await roomBook.find(room, cancel);
    const ids: CwebId[] = [];
    for (const member of members) ids.push(await this.#memberId(id, member, cancel));
    return this.#published(id, await layers.rooms.remove(id, ids, cancel), cancel);
  }

  /** Asks to be taken out; the admin hands its role over first. Throws `PeerError` `unknown-room`; `SharedSessionError` `not-a-member`, `not-admin`. */
  async leave(room: string, cancel: Cancellable = {}): Promise<PeerRoom> {
    const { layers, roomBook } = this.#parts;
    const { id } = await roomBook.find(room, cancel);
    return this.#published(id, await layers.rooms.leave(id, cancel), cancel);
  }

  /** Makes another member the admin, as soon as its home has answered. Throws as `remove`. */
  async handover(room: string, member: string, cancel: Cancellable = {}): Promise<PeerRoom> {
    const { layers, roomBook } = this.#parts;
    const { id } = await roomBook.find(room, cancel);
    return this.#published(id, await layers.rooms.handover(id, await this.#memberId(id, member, cancel), cancel), cancel);
  }

  /** Accepts an invitation, where `PeerOptions.rooms` is `ask`. Throws `PeerError` `unknown-room`; `SharedSessionError` `not-a-member`. */
  async join(room: string, cancel: Cancellable = {}): Promise<PeerRoom> {
    const { layers, roomBook } = this.#parts;
    const { id } = await roomBook.find(room, cancel);
    return this.#published(id, await layers.rooms.join(id, cancel), cancel);
  }

  /**
   * Sends a text, or a message of a registered kind, to all members: one object, durable when it resolves. Throws `PeerError` `unknown-room`,
   * `bad-message-id`; `SharedSessionError` `not-a-member`, `cannot-send-yet` (retryable), `too-large` (54 KiB); `SessionError` `unsupported-kind`.
   */
  async send(room: string, content: Content, { messageId, ...cancel }: SendOptions = {}): Promise<RoomSendResult> {
    const wanted = messageId === undefined ? this.#parts.random.bytes(16) : parseMessageId(messageId);
    const message = typeof content === "string" ? { kind: kinds.text.number, payload: new TextEncoder().encode(content) } : content;
    if (this.#parts.kinds.layerOf(message.kind)) {
      throw new SessionError(
        "unsupported-kind",
        `Messages of kind ${message.kind} are sent by a protocol of this home, not by applications.`,
      );
    }
    return this.post(await this.#parts.roomBook.find(room, cancel), { ...message, messageId: wanted }, cancel);
  }

  /** `send` for the layers of this package. */
  async post(
    { id, name }: { readonly id: GroupId; readonly name: string },
    message: { readonly kind: number; readonly payload: Uint8Array; readonly messageId: Uint8Array },
    cancel: Cancellable,
  ): Promise<RoomSendResult> {
    const { layers, outgoing, publish } = this.#parts;
    const { isRepeated, membership } = await layers.rooms.send(id, message, cancel);
    const sent = { id: formatMessageId(message.messageId), to: name, kind: "room" as const, membership };
    try {
      const report = await publish(cancel);
      const state = await outgoing.judge({ room: id, messageId: message.messageId }, isRepeated, report, cancel);
      const { failure } = report;
      return { ...sent, state, ...(failure === undefined ? {} : { failure }) };
    } catch (failure) {
      cancel.signal?.throwIfAborted();
      // The message is committed: whoever were told that it failed would send it again.
      return { ...sent, state: "queued", failure };
    }
  }

  /** All that are known here, also those of invitations and of the past, in order of their names. */
  async list(cancel: Cancellable = {}): Promise<readonly PeerRoom[]> {
    const rooms: PeerRoom[] = [];
    for (const { id } of await this.#parts.roomBook.list(cancel)) rooms.push(await this.#view(id, cancel));
    return rooms;
  }

  /** Throws `PeerError` `unknown-room`. */
  async status(room: string, cancel: Cancellable = {}): Promise<PeerRoom> {
    const { id } = await this.#parts.roomBook.find(room, cancel);
    return this.#view(id, cancel);
  }

  /** The messages that are kept, in the order that all members have, the oldest first; with `limit` the first ones. Throws `PeerError` `unknown-room`. */
  async history(
    room: string,
    { limit = mostShown, ...cancel }: Cancellable & { readonly limit?: number } = {},
  ): Promise<readonly RoomMessage[]> {
    const { layers, roomBook } = this.#parts;
    const { id, name } = await roomBook.find(room, cancel);
    const messages = await layers.rooms.history(id, { limit, ...cancel });
    const { policy } = await layers.rooms.status(id, cancel);
    const nameOf = await this.#namer(cancel);
    const shown: RoomMessage[] = [];
    for (const message of messages) shown.push(await messageView(name, message, policy?.receipts ?? false, nameOf));
    return shown;
  }

  /** After a flush: messages that were told to be queued and are in the bucket now. */
  async settle(report: FlushReport, cancel: Cancellable): Promise<readonly SentMessage[]> {
    const published: SentMessage[] = [];
    for (const { room, messageId } of await this.#parts.outgoing.settle(report, cancel)) {
      const to = await this.#parts.roomBook.nameOf(room, cancel);
      published.push({ id: formatMessageId(messageId), to, kind: "room", state: "published" });
    }
    return published;
  }

  /** Who is no contact is called by the Id. */
  async #memberId(room: GroupId, name: string, cancel: Cancellable): Promise<CwebId> {
    const { layers, book } = this.#parts;
    const { members } = await layers.rooms.status(room, cancel);
    const member = members.find(({ id }) => id === name);
    return member?.id ?? (await book.find(name, cancel)).id;
  }

  async #published(id: GroupId, wroteTo: readonly CwebId[], cancel: Cancellable): Promise<PeerRoom> {
    await this.#parts.layers.establish(wroteTo, cancel);
    const { failure } = await this.#parts.publish(cancel);
    return { ...(await this.#view(id, cancel)), ...(failure === undefined ? {} : { failure }) };
  }

  /** Each name is looked up once. */
  async #namer(cancel: Cancellable): Promise<(id: CwebId) => Promise<string>> {
    const { layers, book } = this.#parts;
    const known = new Map<CwebId, string>();
    return async (id) => {
      const name = known.get(id) ?? (await layers.memberName(book, id, cancel));
      known.set(id, name);
      return name;
    };
  }

  async #view(id: GroupId, cancel: Cancellable): Promise<PeerRoom> {
    const { layers, roomBook } = this.#parts;
    const { name: title, state, epoch, admin, policy, canSend, confirmedAt, waiting, ...status } = await layers.rooms.status(id, cancel);
    const nameOf = await this.#namer(cancel);
    const storeOf = (member: CwebId): Promise<string> => layers.storeOfMember(id, member, cancel);
    const members = await Promise.all(status.members.map((member) => nameOf(member.id)));
    const missing = await Promise.all(
      status.missing.map(async ({ from, ...one }) => ({ from: await nameOf(from), ...one, store: await storeOf(from) })),
    );
    const alarms = await Promise.all(
      status.alarms.map(async ({ code, member, since }) => ({ code, contact: await nameOf(member), store: await storeOf(member), since })),
    );
    const name = await roomBook.nameOf(id, cancel);
    const about = { name, id, title, state, epoch, admin: await nameOf(admin) };
    return { ...about, members: members.sort(), policy, canSend, confirmedAt, missing, alarms, waiting };
  }
}

async function messageView(
  room: string,
  { messageId, from, kind: number, payload, sentAt, position, receivedBy }: HistoryMessage,
  hasReceipts: boolean,
  nameOf: (id: CwebId) => Promise<string>,
): Promise<RoomMessage> {
  const isSound = number !== fileKind.number || !refusalOf(from, payload);
  return {
    id: formatMessageId(messageId),
    room,
    from: await nameOf(from),
    number,
    ...(isSound ? shownContent(number, payload) : {}),
    payload,
    sentAt,
    position,
    receivedBy: hasReceipts ? await Promise.all(receivedBy.map(nameOf)) : undefined,
  };
}
