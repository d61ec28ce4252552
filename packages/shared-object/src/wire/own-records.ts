import type { CwebId } from "@cweb/discovery";
import {
  array,
  bool,
  bytes,
  bytesUpTo,
  type Codec,
  codec,
  literal,
  mapped,
  nullable,
  SerializationError,
  struct,
  text,
  u64,
  uint,
  type WireType,
} from "@cweb/serialization";
import { limits } from "../core/limits.ts";
import { type ObjectId, objectIdType } from "../core/object-id.ts";
import type { Content, OwnedObject } from "../core/owned-object.ts";
import { objectAlarmCodes, objectStates, type Subscription, standings } from "../core/subscription.ts";
import { decodeOwn, secret32 } from "./decode.ts";
import { recordKinds } from "./object-record.ts";

const cwebId: WireType<CwebId> = mapped(
  text(64),
  (id) => id as CwebId,
  (id) => id,
);
const head = struct({ version: u64, head: bytes(32) });

/** One of a list of names that only grows, by its place. */
function oneOf<T extends string>(names: readonly T[]): WireType<T> {
  return mapped(
    uint(names.length - 1),
    (place) => {
      const name = names[place];
      if (name === undefined) throw new SerializationError("schema", "unknown name");
      return name;
    },
    (name) => names.indexOf(name),
  );
}

const ownedType: WireType<OwnedObject & { readonly format: 1 }> = struct({
  format: literal(1),
  objectId: objectIdType,
  topic: text(limits.topic),
  signingKey: secret32,
  interval: uint(limits.interval),
  rotateEvery: uint(limits.rotateEvery),
  incarnation: u64,
  epoch: u64,
  key: secret32,
  rotatedAt: u64,
  valueVersion: u64,
  epochValue: u64,
  newest: head,
  issuedAt: u64,
  stored: head,
  unstored: array(head, limits.unstored),
  isDeleted: bool,
  subscribers: array(cwebId, limits.subscribers),
  ended: array(struct({ contact: cwebId, epoch: u64 }), limits.ended),
  retired: array(struct({ path: text(64), epoch: u64, since: u64, isStored: bool, key: nullable(secret32) }), limits.retired + 1),
  fileId: nullable(text(64)),
  oldFiles: array(struct({ fileId: text(64), since: u64 }), limits.oldFiles),
});

const contentType: WireType<Content & { readonly format: 1 }> = struct({
  format: literal(1),
  kind: mapped(
    uint(recordKinds.fileReference),
    (kind) => kind as Content["kind"],
    (kind) => kind,
  ),
  bytes: bytesUpTo(limits.inlineValue),
});

const subscriptionType: WireType<Subscription & { readonly format: 1 }> = struct({
  format: literal(1),
  objectId: objectIdType,
  verifyKey: bytes(32),
  epoch: u64,
  key: nullable(secret32),
  standing: oneOf(standings),
  pin: head,
  isSeen: bool,
  announced: head,
  shown: nullable(struct({ topic: text(limits.topic), version: u64, validUntil: u64 })),
  interval: uint(limits.interval),
  storeVersion: nullable(text(limits.storeVersion)),
  polledAt: u64,
  isWanted: bool,
  doubt: nullable(struct({ since: u64, polls: uint() })),
  alarms: array(struct({ code: oneOf(objectAlarmCodes), since: u64 }), objectAlarmCodes.length),
  told: nullable(oneOf(objectStates)),
});

const largeType = struct({ format: literal(1), version: u64, value: bytesUpTo(limits.value) });

/** A kind of record: the format's number is this package's business alone. */
function record<T extends object>(type: WireType<T & { readonly format: 1 }>, maxBytes: number): RecordCodec<T> {
  const inner: Codec<T & { readonly format: 1 }> = codec(type, { maxBytes });
  return {
    encode: (state) => inner.encode({ ...state, format: 1 }),
    decode: (name, bytes) => decodeOwn(name, inner, bytes),
  };
}

export interface RecordCodec<T> {
  encode(state: T): Uint8Array;
  /** Throws `SharedObjectError` `corrupt-state`. */
  decode(name: string, bytes: Uint8Array): T;
}

export const ownedRecord: RecordCodec<OwnedObject> = record(ownedType, 1_048_576);
export const contentRecord: RecordCodec<Content> = record(contentType, limits.object + 64);
export const subscriptionRecord: RecordCodec<Subscription> = record(subscriptionType, 8_192);
/** A large value, beside the reference of its file, and the version that it is the value of. */
export const largeRecord: RecordCodec<{ readonly version: number; readonly value: Uint8Array }> = record(largeType, limits.value + 64);

const sweepType = struct({ format: literal(1), sweptAt: u64, unnamed: array(text(64), limits.oldFiles) });
/** Files that no object named when the last sweep was made. */
export const sweepRecord: RecordCodec<{ readonly sweptAt: number; readonly unnamed: readonly string[] }> = record(sweepType, 524_288);

/** Names of this package's records. */
export const recordNames = {
  ownedPrefix: "shared-object/own/",
  owned: (id: ObjectId): string => `shared-object/own/${id}`,
  ownContent: (id: ObjectId): string => `shared-object/own-content/${id}`,
  ownLarge: (id: ObjectId): string => `shared-object/own-large/${id}`,
  subscriptionsPrefix: "shared-object/sub/",
  subscriptionsOf: (contact: CwebId): string => `shared-object/sub/${contact}/`,
  subscription: (contact: CwebId, id: ObjectId): string => `shared-object/sub/${contact}/${id}`,
  content: (contact: CwebId, id: ObjectId): string => `shared-object/content/${contact}/${id}`,
  large: (contact: CwebId, id: ObjectId): string => `shared-object/large/${contact}/${id}`,
  /** A key message of a clock that runs ahead of ours. */
  heldOf: (contact: CwebId): string => `shared-object/held/${contact}/`,
  held: (contact: CwebId, id: ObjectId): string => `shared-object/held/${contact}/${id}`,
  sweep: "shared-object/sweep",
  /** Whom to tell of which object: the key, or its end. */
  duePrefix: "shared-object/due/",
  due: (contact: CwebId, id: ObjectId): string => `shared-object/due/${contact}/${id}`,
  /** Contacts that may have lost all they were told. */
  renewedPrefix: "shared-object/renewed/",
  renewed: (contact: CwebId): string => `shared-object/renewed/${contact}`,
  /** Contacts that were removed. */
  removedPrefix: "shared-object/removed/",
  removed: (contact: CwebId): string => `shared-object/removed/${contact}`,
} as const;

/** The last part of a record's name. */
export const lastPart = (name: string): string => name.slice(name.lastIndexOf("/") + 1);
