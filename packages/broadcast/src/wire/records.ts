import {
  array,
  bool,
  bytes,
  bytesUpTo,
  type Codec,
  codec,
  literal,
  nullable,
  SerializationError,
  struct,
  type TypeOf,
  text,
  u64,
  uint,
} from "@cweb/serialization";
import { BroadcastError } from "../broadcast-error.ts";
import { limits } from "../core/limits.ts";
import { oneOffItem } from "./items.ts";

const live = struct({
  kind: uint(1),
  /** The inner message: ciphertext. */
  inner: bytesUpTo(limits.inner),
  initSeq: u64,
  /** The recipient's generation and incarnation that it was made for. */
  gen: u64,
  responderIncarnation: u64,
  madeAt: u64,
});

const entry = struct({
  format: literal(1),
  recipientId: bytes(32),
  live: nullable(live),
  /** SHA-256 of the broadcast key that the live entry was last sealed to. */
  sealedTo: nullable(bytes(32)),
  /** Where the box of the live entry stands. */
  box: nullable(text(64)),
  /** One-off messages that are out, oldest first. */
  items: array(oneOffItem, limits.items),
});

/** What is addressed to one recipient. */
export type EntryRecord = TypeOf<typeof entry>;

const slots = struct({
  format: literal(1),
  /** Whether something changed since the slots were sealed. */
  changed: bool,
  /** The incarnation and slotBits of the last sealing; null before the first. */
  sealed: nullable(struct({ incarnation: u64, slotBits: uint(12) })),
  entries: uint(limits.mostEntries),
  roomySince: nullable(u64),
  /** Sets out of use, and until when they stay readable. */
  frozen: array(struct({ slotBits: uint(12), until: u64 }), 13),
  /** Entries in the slots, and entries that wait for room. */
  used: uint(),
  queued: uint(),
});
export type SlotsRecord = TypeOf<typeof slots>;

const sender = struct({
  format: literal(1),
  /** The newest one-off items taken from this sender: by its incarnation, then by number. */
  incarnation: u64,
  number: u64,
  recentIds: array(bytes(16), limits.recentIds),
  /** Initial messages looked at, oldest first, by the own generation they were made for. */
  seen: array(struct({ gen: u64, hash: bytes(32) }), limits.seen),
});
/** What is remembered of one sender, also after its removal. */
export type SenderRecord = TypeOf<typeof sender>;

const numberType = struct({ format: literal(1), number: u64 });

interface RecordKind<T> {
  encode(record: T): Uint8Array;
  decode(record: Uint8Array): T;
}

function recordKind<T>(name: string, recordCodec: Codec<T>): RecordKind<T> {
  return {
    encode: (record) => recordCodec.encode(record),
    decode(record) {
      try {
        return recordCodec.decode(record);
      } catch (cause) {
        if (!(cause instanceof SerializationError)) throw cause;
        throw new BroadcastError("corrupt-state", `A record of this home (${name}) cannot be read. Restore the home from a backup.`, {
          cause,
        });
      }
    },
  };
}

export const entryRecord: RecordKind<EntryRecord> = recordKind("broadcast/entry", codec(entry, { maxBytes: 80_000 }));
export const slotsRecord: RecordKind<SlotsRecord> = recordKind("broadcast/slots", codec(slots, { maxBytes: 4_096 }));
export const senderRecord: RecordKind<SenderRecord> = recordKind("broadcast/from", codec(sender, { maxBytes: 65_536 }));
/** The number of the newest one-off message ever sent to one recipient: it outlives the recipient's removal. */
export const numberRecord: RecordKind<TypeOf<typeof numberType>> = recordKind("broadcast/to", codec(numberType, { maxBytes: 64 }));

export const recordNames = {
  slots: "broadcast/slots",
  entries: "broadcast/entry/",
  entry: (id: string): string => `broadcast/entry/${id}`,
  number: (id: string): string => `broadcast/to/${id}`,
  sender: (id: string): string => `broadcast/from/${id}`,
} as const;

export const noSlots: SlotsRecord = {
  format: 1,
  changed: true,
  sealed: null,
  entries: limits.leastEntries,
  roomySince: null,
  frozen: [],
  used: 0,
  queued: 0,
};

export const noEntry = (recipientId: Uint8Array): EntryRecord => ({
  format: 1,
  recipientId,
  live: null,
  sealedTo: null,
  box: null,
  items: [],
});

export const noSender: SenderRecord = { format: 1, incarnation: 0, number: 0, recentIds: [], seen: [] };
