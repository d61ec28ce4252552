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
import type { Delivery } from "./delivery.ts";
import { keptOwnIds, maxRiderBytes, maxSkipped, maxWaitingRiders } from "./limits.ts";
import type { RatchetState, SendingChain, SkippedKey } from "./ratchet-state.ts";
import { maxReceivedIdsBytes } from "./received-ids.ts";
import type { LiveSession, SessionState } from "./state.ts";

/** How the state is kept in its record: local, so that no other implementation reads it. */

const key: WireType<Secret> = mapped(bytes(32), secret, (it) => it);
const kemSeed: WireType<Secret> = mapped(bytes(64), secret, (it) => it);
const objectName = text(32);
const chainKeys = struct({ headerKey: key, nameKey: key });

const dueType = struct({
  remoteKey: bytes(32),
  remoteKemKey: nullable(bytes(1184)),
  previous: nullable(struct({ nameKey: key, length: uint() })),
});
const activeType = struct({
  keys: chainKeys,
  chainKey: key,
  header: struct({ ratchetKey: bytes(32), kemKey: bytes(1184), ciphertext: bytes(1088), previousLength: uint() }),
  ratchetPrivateKey: key,
  kemPrivateKey: kemSeed,
  n: uint(),
});
const receivingType = struct({
  index: uint(),
  keys: chainKeys,
  chainKey: key,
  fingerprint: bytes(32),
  previousLength: uint(),
  zeroName: objectName,
  n: uint(),
});
const skippedType = struct({ name: objectName, chain: uint(), n: uint(), headerKey: key, messageKey: key, fingerprint: bytes(32) });
const ratchetType = struct({
  sessionId: bytes(32),
  isInitiator: bool,
  rootKey: key,
  nextSending: chainKeys,
  nextReceiving: chainKeys,
  due: nullable(dueType),
  active: nullable(activeType),
  receiving: nullable(receivingType),
  skipped: array(skippedType, maxSkipped),
});

const plainRatchet = codec(ratchetType, { maxBytes: 1024 * 1024 });

const acknowledgementType = struct({ ack: uint(), missing: array(uint(), 32), lost: array(uint(), 32) });

const deliveryType = struct({
  lastSeq: uint(),
  oldestUnacked: uint(),
  high: uint(),
  gaps: array(struct({ name: objectName, seq: uint(), since: uint(), asked: bool }), maxSkipped),
  lost: array(uint(), 65_536),
  owedSince: nullable(u64),
  owedCount: uint(),
  ids: bytesUpTo(maxReceivedIdsBytes),
  heard: nullable(acknowledgementType),
});

const stateType = struct({
  version: uint(1),
  ownIncarnation: u64,
  peerIncarnation: u64,
  floor: u64,
  lastInit: nullable(struct({ seq: u64, ownIncarnation: u64, peerIncarnation: u64, descriptorSeq: u64 })),
  live: nullable(
    struct({
      ratchet: ratchetType,
      delivery: deliveryType,
      initSeq: u64,
      unanswered: nullable(struct({ gen: u64, since: u64 })),
      peerIncarnation: u64,
      hasPublished: bool,
    }),
  ),
  wantsInit: bool,
  isExpired: bool,
  queueNext: u64,
  queueCursor: u64,
  queued: uint(),
  unacked: uint(),
  riders: array(struct({ kind: uint(), bytes: bytesUpTo(maxRiderBytes) }), maxWaitingRiders),
  activeDays: uint(),
  lastDay: uint(),
  idsUntil: uint(),
  lastHeardAt: u64,
  checkedAt: u64,
  isRemoved: bool,
});

const plain = codec(stateType, { maxBytes: 16 * 1024 * 1024 });
type Plain = TypeOf<typeof stateType>;

type PlainRatchet = TypeOf<typeof ratchetType>;

function sendingOf({ due, active }: PlainRatchet): SendingChain {
  if (due) return { kind: "due", ...due, remoteKemKey: due.remoteKemKey ?? undefined, previous: due.previous ?? undefined };
  if (!active) throw new RangeError("a stored ratchet has no sending chain");
  const { ratchetPrivateKey, kemPrivateKey, ...rest } = active;
  return {
    kind: "active",
    ...rest,
    ratchet: { privateKey: ratchetPrivateKey, publicKey: rest.header.ratchetKey },
    kem: { privateKey: kemPrivateKey, publicKey: rest.header.kemKey },
  };
}

export function ratchetFromPlain(ratchet: PlainRatchet): RatchetState {
  const { isInitiator, due: _due, active: _active, receiving, skipped, ...rest } = ratchet;
  return {
    ...rest,
    role: isInitiator ? "initiator" : "responder",
    sending: sendingOf(ratchet),
    receiving: receiving ?? undefined,
    skipped: new Map(skipped.map(({ name, ...it }) => [name, it] as const)),
  };
}

export function ratchetToPlain({ role, sending, receiving, skipped, ...rest }: RatchetState): PlainRatchet {
  return {
    ...rest,
    isInitiator: role === "initiator",
    due: sending.kind === "due" ? { ...sending, remoteKemKey: sending.remoteKemKey ?? null, previous: sending.previous ?? null } : null,
    active:
      sending.kind === "active"
        ? { ...sending, ratchetPrivateKey: sending.ratchet.privateKey, kemPrivateKey: sending.kem.privateKey }
        : null,
    receiving: receiving ?? null,
    skipped: [...skipped].map(([name, it]: readonly [string, SkippedKey]) => ({ name, ...it })),
  };
}

function deliveryFromPlain(delivery: TypeOf<typeof deliveryType>): Delivery {
  return { ...delivery, gaps: new Map(delivery.gaps.map(({ name, ...gap }) => [name, gap] as const)) };
}

function liveFromPlain(live: NonNullable<Plain["live"]>): LiveSession {
  return { ...live, ratchet: ratchetFromPlain(live.ratchet), delivery: deliveryFromPlain(live.delivery) };
}

function liveToPlain(live: LiveSession): NonNullable<Plain["live"]> {
  const gaps = [...live.delivery.gaps].map(([name, gap]) => ({ name, ...gap }));
  return { ...live, ratchet: ratchetToPlain(live.ratchet), delivery: { ...live.delivery, gaps } };
}

export const stateCodec: Codec<SessionState> = {
  encode: (state) => plain.encode({ version: 1, ...state, live: state.live && liveToPlain(state.live) }),
  decode: (bytes) => {
    const { version: _version, live, ...rest } = plain.decode(bytes);
    return { ...rest, live: live && liveFromPlain(live) };
  },
};

/** A ratchet alone, for who keeps its state otherwise. */
export const ratchetCodec: Codec<RatchetState> = {
  encode: (state) => plainRatchet.encode(ratchetToPlain(state)),
  decode: (bytes) => ratchetFromPlain(plainRatchet.decode(bytes)),
};

/** A message sent and not yet finished. */
const sentType = struct({
  /** Empty for the message in the slot. */
  path: text(64),
  /** Its place in the queue; 0: nothing is kept to send again. */
  order: u64,
  kind: uint(),
  messageId: bytes(16),
  /** When it was encrypted in this session, and on which active day. */
  committedAt: u64,
  activeDay: uint(),
  /** When its payload was first committed, and whether an earlier session has sent it. */
  firstCommittedAt: u64,
  isResent: bool,
  isNamed: bool,
  said: acknowledgementType,
});
export type SentMessage = TypeOf<typeof sentType>;
export const sentCodec: Codec<SentMessage> = codec(sentType, { maxBytes: 2048 });

/** A payload that waits to be encrypted, or is kept until it is finished. */
const queuedType = struct({
  kind: uint(),
  messageId: bytes(16),
  firstCommittedAt: u64,
  wasSent: bool,
  /** Whether the application gave the id. */
  isNamed: bool,
  payload: bytesUpTo(65_536),
});
export type QueuedMessage = TypeOf<typeof queuedType>;
export const queuedCodec: Codec<QueuedMessage> = codec(queuedType, { maxBytes: 66_000 });

/** Ids that the application gave to messages which are finished, the newest last: sending one again sends nothing. */
const finishedIdsType = array(bytes(16), keptOwnIds);
export const finishedIdsCodec: Codec<TypeOf<typeof finishedIdsType>> = codec(finishedIdsType, { maxBytes: 4096 });
