import { bytes, bytesUpTo, type Codec, codec, nullable, struct, type TypeOf, text, u64, uint } from "@cweb/serialization";
import { groupIdType, messageHashType } from "../core/ids.ts";

/** Append-only: what this package puts into the inbox. */
export const roomEventKinds = [
  "room-message",
  "room-withdrawn",
  "room-invited",
  "room-members",
  "room-joined",
  "room-removed",
  "room-admin",
  "room-withheld",
  "room-recovered",
  "room-alarm",
  "room-refused",
] as const;
export type RoomEventKind = (typeof roomEventKinds)[number];

const eventType = struct({
  groupId: groupIdType,
  /** Whom it is about: the sender, the admin, the owner of the store; a Cweb Id, or empty. */
  member: text(64),
  /** The message's id in the room's graph. */
  hash: nullable(messageHashType),
  lamport: u64,
  /** e of its epoch, and its number in its sender's chain. */
  e: u64,
  n: uint(),
  /** The sending application's id: 16 bytes. */
  messageId: nullable(bytes(16)),
  /** The number of the message's kind. */
  number: uint(),
  /** Milliseconds since 1970, as the sender says. */
  sentAt: u64,
  /** A word for programs. */
  detail: text(256),
  payload: bytesUpTo(62 * 1024),
});

/** The body of an inbox event of this package. */
export type RoomEvent = TypeOf<typeof eventType>;
export const roomEventCodec: Codec<RoomEvent> = codec(eventType, { maxBytes: 65_000 });
