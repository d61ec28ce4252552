import { type Secret, secret } from "@cweb/crypto";
import type { CwebId } from "@cweb/discovery";
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
import { signedRecordType } from "../wire/descriptor.ts";
import { type EpochId, epochIdType, type GroupId, type MessageHash, messageHashType } from "./ids.ts";
import { maxMembers, maxSkipped } from "./limits.ts";

/** Names of a room's records. Numbers are padded, so that names sort like them: messages stand in their order of display. */
export class RecordNames {
  readonly head: string;
  readonly messagePrefix: string;
  readonly ownPrefix: string;
  readonly letterPrefix: string;
  readonly #root: string;

  constructor(groupId: GroupId) {
    this.#root = `room/${groupId}`;
    this.head = `${this.#root}/head`;
    this.messagePrefix = `${this.#root}/message/`;
    this.ownPrefix = `${this.#root}/own/`;
    this.letterPrefix = `${this.#root}/letter/`;
  }

  epoch(epoch: EpochId): string {
    return `${this.#root}/epoch/${epoch}`;
  }
  chains(epoch: EpochId): string {
    return `${this.#root}/chains/${epoch}`;
  }
  index(epoch: EpochId): string {
    return `${this.#root}/index/${epoch}`;
  }
  pending(epoch: EpochId): string {
    return `${this.#root}/pending/${epoch}`;
  }
  held(from: CwebId): string {
    return `${this.#root}/held/${from}`;
  }
  evidence(member: CwebId): string {
    return `${this.#root}/evidence/${member}`;
  }
  message(lamport: number, messageId: MessageHash): string {
    return `${this.messagePrefix}${padded(lamport)}-${messageId}`;
  }
  own(time: number, messageId: MessageHash): string {
    return `${this.ownPrefix}${padded(time)}-${messageId}`;
  }
  /** That a message with this id of the application's was sent. */
  sent(uuid: Uint8Array): string {
    return `${this.#root}/sent/${Array.from(uuid, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  }
  letter(number: number): string {
    return this.letterPrefix + padded(number);
  }
}

const padded = (number: number): string => number.toString(16).padStart(14, "0");
export const roomsRecord = "rooms";

const key: WireType<Secret> = mapped(bytes(32), secret, (it) => it);

const epochRecordType = struct({
  /** The newest record that has this E. */
  record: signedRecordType,
  learnedAt: u64,
  /** The epoch that follows, once it is known. */
  successor: nullable(epochIdType),
});
export type EpochRecord = TypeOf<typeof epochRecordType>;
export const epochRecordCodec: Codec<EpochRecord> = codec(epochRecordType, { maxBytes: 64 * 1024 });

export const pendingCodec: Codec<TypeOf<typeof signedRecordType>> = codec(signedRecordType, { maxBytes: 61 * 1024 });

const heldType = struct({ kind: uint(), messageId: bytes(16), payload: bytesUpTo(56 * 1024) });
export const heldCodec: Codec<TypeOf<typeof heldType>> = codec(heldType, { maxBytes: 60 * 1024 });

const chainType = struct({
  chainKey: key,
  nameKey: key,
  /** Number of the next message whose key is made from the chain key. */
  n: uint(),
  skipped: array(struct({ n: uint(), key }), maxSkipped),
});
const chainsType = struct({
  /** Days with a completed round since the epoch was closed; `null`: it is the current one. */
  closedDays: nullable(uint()),
  own: nullable(uint(maxMembers - 1)),
  chains: array(chainType, maxMembers),
});
/** The sending chain of one member in one epoch. */
export type Chain = TypeOf<typeof chainType>;
export type Chains = TypeOf<typeof chainsType>;
export const chainsCodec: Codec<Chains> = codec(chainsType, { maxBytes: 16 * 1024 * 1024 });

/** `state`: 0 waits for its parents, 1 shown, 2 void. */
const entryType = struct({ n: uint(), messageId: messageHashType, lamport: u64, state: uint(2) });
const indexType = struct({ senders: array(array(entryType, 65_536), maxMembers) });
export type IndexEntry = TypeOf<typeof entryType>;
export type EpochIndex = TypeOf<typeof indexType>;
export const indexCodec: Codec<EpochIndex> = codec(indexType, { maxBytes: 16 * 1024 * 1024 });

const storedType = struct({
  epoch: epochIdType,
  index: uint(maxMembers - 1),
  receivedAt: u64,
  isShown: bool,
  body: bytesUpTo(61 * 1024),
  signature: bytes(64),
});
/** A message as it is kept. */
export type StoredMessage = TypeOf<typeof storedType>;
export const storedCodec: Codec<StoredMessage> = codec(storedType, { maxBytes: 63 * 1024 });

const ownType = struct({
  epoch: epochIdType,
  index: uint(maxMembers - 1),
  n: uint(),
  messageId: messageHashType,
  path: text(64),
  time: u64,
  askedBy: array(bytes(32), 2),
  isReposted: bool,
});
/** An own message whose object is still in the own bucket. */
export type OwnMessage = TypeOf<typeof ownType>;
export const ownCodec: Codec<OwnMessage> = codec(ownType, { maxBytes: 1024 });
