import { encodeBase32, utf8 } from "@cweb/crypto";
import { bytes, codec, literal, struct, text } from "@cweb/serialization";
import { type GroupId, parseGroupId } from "@cweb/shared-session";
import { PeerError } from "../peer-error.ts";
import { record } from "./record.ts";

/** Bytes of UTF-8: 1.6 characters each as base32 in a record's name of at most 256. */
const longest = 128;
/** Control and format characters deceive the eye. */
const forbidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** A room's name here, in its one form. Throws `PeerError` `bad-name`. */
export function checkRoomName(given: string): string {
  const name = given.normalize("NFC").trim();
  if (name !== "" && utf8(name).length <= longest && name.search(forbidden) < 0) return name;
  throw new PeerError("bad-name", `A room's name has 1 to ${longest} bytes without control or invisible characters.`);
}

/** Of the name that somebody else gave a room, the `n`th name that it may have here. */
export function roomNameFrom(given: string, n: number): string {
  const ending = n === 1 ? "" : ` ${n}`;
  let name = "";
  for (const letter of given.normalize("NFC").replace(forbidden, "").trim()) {
    if (utf8(name + letter + ending).length > longest) break;
    name += letter;
  }
  return `${name.trim() || "room"}${ending}`;
}

/** Names of the local records about rooms (SPEC §3). */
export const roomRecords = {
  /** The name that this room has here. */
  room: (id: GroupId): string => `client/room/${id}`,
  /** Which room has this name. */
  name: (name: string): string => `client/room-name/${encodeBase32(utf8(name))}`,
  /** `order` is a TICK. */
  unpublished: (order: number, messageId: string): string => `${unpublishedPrefix}${order.toString(16).padStart(14, "0")}/${messageId}`,
  /** The message that told a room of an own file. */
  sentFile: (fileId: string, id: GroupId): string => `client/file-in/${fileId}/${id}`,
  sentFiles: (fileId: string): string => `client/file-in/${fileId}/`,
} as const;

export const unpublishedPrefix = "client/room-unpublished/";

const nameRecord = record(codec(struct({ format: literal(1), name: text(256) }), { maxBytes: 512 }));
export const encodeRoomName = (name: string): Uint8Array => nameRecord.encode({ format: 1, name });
export const decodeRoomName = (data: Uint8Array): string => nameRecord.decode(data).name;

const idRecord = record(codec(struct({ format: literal(1), room: text(64) }), { maxBytes: 128 }));
export const encodeRoomId = (room: GroupId): Uint8Array => idRecord.encode({ format: 1, room });
export const decodeRoomId = (data: Uint8Array): GroupId => groupIdOf(idRecord.decode(data).room);

const unpublishedRecord = record(codec(struct({ format: literal(1), room: text(64), messageId: bytes(16) }), { maxBytes: 256 }));
/** A message to a room that was told to be queued: its publication is told once. */
export interface UnpublishedInRoom {
  readonly room: GroupId;
  /** 16 bytes. */
  readonly messageId: Uint8Array;
}
export const encodeUnpublishedInRoom = (message: UnpublishedInRoom): Uint8Array => unpublishedRecord.encode({ format: 1, ...message });
export function decodeUnpublishedInRoom(data: Uint8Array): UnpublishedInRoom {
  const { room, messageId } = unpublishedRecord.decode(data);
  return { room: groupIdOf(room), messageId };
}

/** Of a record of `sentFile`. */
export const groupInRecord = (name: string): GroupId => groupIdOf(name.slice(name.lastIndexOf("/") + 1));

function groupIdOf(given: string): GroupId {
  const id = parseGroupId(given);
  if (id) return id;
  throw new PeerError("corrupt-state", "A record of this home is damaged: restore a backup of it.");
}
