import {
  array,
  bytes,
  bytesUpTo,
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
import { type Alarm, alarmCodes, type ContactState } from "../core/contact.ts";
import { limits } from "../core/limits.ts";
import { decodeRecord } from "./own-records.ts";

const alarm: WireType<Alarm> = mapped(
  struct({ code: uint(alarmCodes.length - 1), since: u64 }),
  ({ code, since }) => {
    const name = alarmCodes[code];
    if (name === undefined) throw new SerializationError("schema", "unknown alarm");
    return { code: name, since };
  },
  ({ code, since }) => ({ code: alarmCodes.indexOf(code), since }),
);

const contactType: WireType<ContactState & { readonly format: 1 }> = struct({
  format: literal(1),
  idBytes: bytes(32),
  profile: bytesUpTo(limits.profile),
  minSeq: u64,
  addedAt: u64,
  fetchedAt: nullable(u64),
  version: nullable(text(limits.version)),
  pinned: nullable(bytesUpTo(limits.descriptor)),
  expiresAt: nullable(u64),
  doubt: nullable(struct({ since: u64, polls: uint() })),
  alarms: array(alarm, alarmCodes.length),
  triedAt: nullable(u64),
  failedDays: array(uint(), limits.failingDays),
});

const contactCodec = codec(contactType, { maxBytes: 80_000 });
const removedCodec = codec(struct({ format: literal(1), seq: u64 }), { maxBytes: 64 });

export const contactPrefix = "contact/";
export const removedPrefix = "discovery/removed/";

export const encodeContact = (state: ContactState): Uint8Array => contactCodec.encode({ format: 1, ...state });
export const decodeContact = (name: string, record: Uint8Array): ContactState => decodeRecord(name, contactCodec, record);

/** What stays of a removed contact: the seq of its last descriptor, so that an older one is known when it is added again. */
export const encodeRemoved = (seq: number): Uint8Array => removedCodec.encode({ format: 1, seq });
export const decodeRemoved = (name: string, record: Uint8Array): number => decodeRecord(name, removedCodec, record).seq;
