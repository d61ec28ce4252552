import { type Secret, secret } from "@cweb/crypto";
import {
  array,
  bool,
  bytes,
  bytesUpTo,
  type Codec,
  codec,
  mapped,
  nullable,
  struct,
  type TypeOf,
  text,
  u64,
  uint,
  type WireType,
} from "@cweb/serialization";
import { aboutType } from "../wire/descriptor.ts";
import { parentType } from "../wire/message.ts";
import { epochIdType, groupIdType, memberIdType, messageHashType } from "./ids.ts";
import { maxHeld, maxInvitations, maxMembers, maxParents, maxPendingRecords, maxRefs, maxRooms, maxWaiting } from "./limits.ts";
import type { RoomAlarmCode, RoomHead } from "./room-head.ts";

/** How a room's state is kept in its record: local, so that no other implementation reads it. */

const key: WireType<Secret> = mapped(bytes(32), secret, (it) => it);

/** One of a few words, kept as its number. */
function word<const T extends string>(words: readonly T[]): WireType<T> {
  return mapped(
    uint(words.length - 1),
    (number) => words[number] as T,
    (one) => words.indexOf(one),
  );
}

const alarmCodes: readonly RoomAlarmCode[] = [
  "room-rollback",
  "room-fork",
  "equivocation",
  "restored",
  "descriptor-invalid",
  "object-invalid",
];
const place = { epoch: epochIdType, index: uint(maxMembers - 1), n: uint() };
const node = { ...place, messageId: messageHashType, lamport: u64 };
const asking = { asks: uint(), askedAt: u64 };

const descriptorType = struct({
  owner: memberIdType,
  e: u64,
  key,
  signingKey: bytes(32),
  version: u64,
  head: bytes(32),
  announced: u64,
  askedAt: u64,
  answeredAt: u64,
  stored: text(1024),
  olderSince: u64,
  olderPolls: uint(),
  validUntil: u64,
  interval: uint(),
  isRotated: bool,
});
const missingType = struct({
  ...place,
  messageId: nullable(messageHashType),
  since: u64,
  fetchedAt: u64,
  ...asking,
  isWithheld: bool,
});
const joinType = struct({ groupId: groupIdType, gspk: bytes(32), card: text(2048), idKeys: bytes(96) });
const todoType = struct({
  joins: array(struct({ member: memberIdType, join: joinType }), maxMembers),
  leaves: array(struct({ member: memberIdType, last: nullable(struct(place)), since: u64 }), maxMembers),
  rekeys: array(struct({ member: memberIdType, gspk: nullable(bytes(32)) }), maxMembers),
});

const headType: WireType<RoomHead> = struct({
  groupId: groupIdType,
  incarnation: u64,
  about: aboutType,
  admin: memberIdType,
  adminKey: bytes(32),
  acceptedIn: nullable(epochIdType),
  invitedBy: nullable(memberIdType),
  signingSeed: key,
  gspk: bytes(32),
  rejoinSeed: nullable(key),
  ownCard: text(2048),
  current: nullable(epochIdType),
  wish: word(["none", "join", "leave"]),
  isEnded: bool,
  epochs: array(struct({ e: u64, epoch: epochIdType, previous: epochIdType, learnedAt: u64 }), 65_536),
  chains: array(epochIdType, 65_536),
  descriptors: array(descriptorType, maxPendingRecords),
  epochKeys: array(struct({ from: memberIdType, e: u64, key }), maxPendingRecords),
  held: array(memberIdType, maxHeld),
  pending: array(epochIdType, maxPendingRecords),
  missing: array(missingType, maxRefs),
  waiting: array(struct({ ...node, since: u64, references: array(parentType, maxParents + 1) }), maxWaiting),
  askedEpochs: array(struct({ epoch: epochIdType, ...asking }), maxRefs),
  newest: nullable(struct({ from: nullable(memberIdType), ...asking })),
  hearing: nullable(struct({ since: u64, heard: array(memberIdType, maxMembers), ...asking })),
  owesEpoch: bool,
  answers: array(memberIdType, maxMembers),
  todo: todoType,
  rekeyedAt: u64,
  offeredTo: nullable(memberIdType),
  openedAt: u64,
  writtenAt: u64,
  retired: array(struct({ path: text(64), until: u64 }), maxRefs),
  copied: struct({ day: uint(), counts: array(struct({ member: memberIdType, count: uint() }), maxMembers) }),
  invited: array(memberIdType, maxInvitations),
  unacknowledged: array(struct({ member: memberIdType, messageId: bytes(16) }), maxMembers),
  owesHint: bool,
  heads: array(struct(node), maxRefs),
  read: array(struct({ member: memberIdType, nodes: array(struct(place), maxMembers) }), maxMembers),
  vouched: array(struct({ member: memberIdType, gspk: bytes(32) }), maxMembers),
  vouchedFor: array(memberIdType, maxMembers),
  quarantined: array(bytes(32), maxMembers),
  alarms: array(struct({ code: word(alarmCodes), member: memberIdType, since: u64 }), maxRefs),
  probe: uint(),
  heardLast: array(memberIdType, 8),
  lastDay: uint(),
  tidiedAt: u64,
  letters: u64,
});

export const headCodec: Codec<RoomHead> = codec(headType, { maxBytes: 16 * 1024 * 1024 });

const roomsType = struct({ rooms: array(groupIdType, maxRooms), probe: uint() });
/** Which rooms there are, and whose turn it is to probe. */
export type Rooms = TypeOf<typeof roomsType>;
export const roomsCodec: Codec<Rooms> = codec(roomsType, { maxBytes: 16_384 });

const letterType = struct({ to: memberIdType, kind: uint(), messageId: bytes(16), payload: bytesUpTo(56 * 1024) });
/** A message that waits for the session with its receiver. */
export type Letter = TypeOf<typeof letterType>;
export const letterCodec: Codec<Letter> = codec(letterType, { maxBytes: 60 * 1024 });
