import { encodeFileReference, type FileId, type FileReference, toFileId } from "@cweb/file-sharing";
import type { GroupId } from "@cweb/shared-session";
import type { Cancellable } from "./contact-book.ts";
import { decodeSent, encodeSent } from "./core/file-records.ts";
import { parseMessageId } from "./core/message-id.ts";
import { groupInRecord, roomRecords } from "./core/room-records.ts";
import { fileKind } from "./file-layer.ts";
import type { Layers } from "./layers.ts";
import type { PeerRooms, RoomMessage } from "./peer-rooms.ts";
import type { RoomBook } from "./room-book.ts";
import type { SendResult } from "./sender.ts";

const most = 1_000;

export interface RoomFilesParts {
  readonly layers: Layers;
  readonly rooms: PeerRooms;
  readonly roomBook: RoomBook;
}

/** Files in rooms: a reference is a message of its own kind. */
export class RoomFiles {
  readonly #parts: RoomFilesParts;

  constructor(parts: RoomFilesParts) {
    this.#parts = parts;
  }

  /** Throws `PeerError` `unknown-room`. */
  async find(names: readonly string[], cancel: Cancellable): Promise<readonly { readonly id: GroupId; readonly name: string }[]> {
    const found = new Map<GroupId, string>();
    for (const name of names) {
      const room = await this.#parts.roomBook.find(name, cancel);
      found.set(room.id, room.name);
    }
    return [...found].map(([id, name]) => ({ id, name }));
  }

  /** Each room is told of a file once: the message's id is noted before it is sent, and sending it again sends nothing. */
  async tell(room: { readonly id: GroupId; readonly name: string }, reference: FileReference, cancel: Cancellable): Promise<SendResult> {
    const { layers, rooms } = this.#parts;
    const record = roomRecords.sentFile(toFileId(reference.fileId), room.id);
    const messageId = await layers.mailbox.transact(
      { read: [record] },
      (tx) => {
        const before = tx.get(record);
        if (before) return decodeSent(before);
        const id = tx.random.bytes(16);
        tx.put(record, encodeSent(id));
        return id;
      },
      cancel,
    );
    return rooms.post(room, { kind: fileKind.number, payload: encodeFileReference(reference), messageId }, cancel);
  }

  /** Names of the rooms that were told of an own file. */
  async told(fileId: FileId, cancel: Cancellable): Promise<readonly string[]> {
    const { layers, roomBook } = this.#parts;
    const records = await layers.mailbox.scan(roomRecords.sentFiles(fileId), { limit: most, ...cancel });
    return Promise.all(records.map(({ name }) => roomBook.nameOf(groupInRecord(name), cancel)));
  }

  async forget(fileId: FileId, cancel: Cancellable): Promise<void> {
    const { mailbox } = this.#parts.layers;
    const prefix = roomRecords.sentFiles(fileId);
    await mailbox.transact(
      { scan: [{ prefix, limit: most }] },
      (tx) => {
        for (const { name } of tx.scan(prefix, { limit: most })) tx.remove(name);
      },
      cancel,
    );
  }

  /** The message of a room that told of a file. */
  async received(messageId: string, cancel: Cancellable): Promise<RoomMessage | undefined> {
    // In its one form.
    parseMessageId(messageId);
    for (const { name } of await this.#parts.roomBook.list(cancel)) {
      const messages = await this.#parts.rooms.history(name, cancel);
      const found = messages.find(({ id, file }) => file !== undefined && id === messageId.toLowerCase());
      if (found) return found;
    }
    return undefined;
  }
}
