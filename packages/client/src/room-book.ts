import type { Mailbox, Transaction } from "@cweb/mailbox";
import type { GroupId, Rooms } from "@cweb/shared-session";
import type { Cancellable } from "./contact-book.ts";
import {
  checkRoomName,
  decodeRoomId,
  decodeRoomName,
  encodeRoomId,
  encodeRoomName,
  roomNameFrom,
  roomRecords,
} from "./core/room-records.ts";
import { PeerError } from "./peer-error.ts";

export interface RoomBookParts {
  readonly mailbox: Mailbox;
  readonly rooms: Rooms;
}

/** The names that rooms have in this home, each one room's. One that somebody else made is named after its own name, when it is first asked for. */
export class RoomBook {
  readonly #parts: RoomBookParts;

  constructor(parts: RoomBookParts) {
    this.#parts = parts;
  }

  /** Throws `PeerError` `unknown-room`. */
  async find(given: string, cancel: Cancellable = {}): Promise<{ readonly id: GroupId; readonly name: string }> {
    const name = given.normalize("NFC").trim().slice(0, 128);
    const known = await this.#idOf(name, cancel);
    if (known) return { id: known, name };
    const found = (await this.#nameAll(cancel)).find((room) => room.name === name);
    if (found) return found;
    throw new PeerError("unknown-room", `There is no room called ${JSON.stringify(given.slice(0, 64))} here.`);
  }

  /** All that are known, in order of their names. */
  async list(cancel: Cancellable = {}): Promise<readonly { readonly id: GroupId; readonly name: string }[]> {
    const all = await this.#nameAll(cancel);
    return [...all].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async nameOf(id: GroupId, cancel: Cancellable = {}): Promise<string> {
    const record = roomRecords.room(id);
    const known = (await this.#parts.mailbox.load([record], cancel)).get(record);
    return known ? decodeRoomName(known) : this.#name(id, cancel);
  }

  /** Gives a room that is being made its name. Throws `PeerError` `room-exists`. */
  claim(tx: Transaction, id: GroupId, name: string): void {
    if (tx.get(roomRecords.name(name)))
      throw new PeerError("room-exists", `There is a room called ${JSON.stringify(name)} here already; choose another name.`);
    write(tx, id, name);
  }

  /** As many as are named here already may come before: nobody has that many rooms of one name. */
  async #name(id: GroupId, cancel: Cancellable): Promise<string> {
    const { mailbox, rooms } = this.#parts;
    const given = (await rooms.status(id, cancel)).name;
    return mailbox.transact(
      { read: [roomRecords.room(id)] },
      (tx) => {
        const known = tx.get(roomRecords.room(id));
        if (known) return decodeRoomName(known);
        let n = 1;
        while (tx.get(roomRecords.name(roomNameFrom(given, n)))) n++;
        const name = roomNameFrom(given, n);
        write(tx, id, name);
        return name;
      },
      cancel,
    );
  }

  async #nameAll(cancel: Cancellable): Promise<readonly { readonly id: GroupId; readonly name: string }[]> {
    const ids = await this.#parts.rooms.list(cancel);
    const named: { id: GroupId; name: string }[] = [];
    for (const id of ids) named.push({ id, name: await this.nameOf(id, cancel) });
    return named;
  }

  async #idOf(name: string, cancel: Cancellable): Promise<GroupId | undefined> {
    const record = roomRecords.name(name);
    if (record.length > 256) return undefined;
    const found = (await this.#parts.mailbox.load([record], cancel)).get(record);
    return found && decodeRoomId(found);
  }
}

function write(tx: Transaction, id: GroupId, name: string): void {
  tx.put(roomRecords.room(id), encodeRoomName(checkRoomName(name)));
  tx.put(roomRecords.name(name), encodeRoomId(id));
}
