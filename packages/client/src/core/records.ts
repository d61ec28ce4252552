import { encodeBase32, utf8 } from "@cweb/crypto";
import { type CwebId, decodeId, encodeId } from "@cweb/discovery";
import { array, bool, bytes, codec, literal, struct, type TypeOf, text, u64 } from "@cweb/serialization";
import { record } from "./record.ts";

/** Names of this package's local records (SPEC §3). */
export const names = {
  contact: (id: CwebId): string => `client/contact/${id}`,
  petname: (name: string): string => `client/name/${encodeBase32(utf8(name))}`,
  requests: "client/requests",
  store: "client/store",
  /** `order` is a TICK: these records sort as the messages were sent. */
  unpublished: (order: number, messageId: string): string => `client/unpublished/${order.toString(16).padStart(14, "0")}/${messageId}`,
} as const;

export const prefixes = { contact: "client/contact/", unpublished: "client/unpublished/" } as const;

const alarmType = struct({
  code: text(64),
  since: u64,
  /** Raised about the own store, by what this contact says of it. */
  isOwn: bool,
});
export type NotedAlarm = TypeOf<typeof alarmType>;

const contactType = struct({ format: literal(1), name: text(256), verified: bool, alarms: array(alarmType, 16) });
export type ContactNote = Omit<TypeOf<typeof contactType>, "format">;
const contactRecord = record(codec(contactType, { maxBytes: 4_096 }));
export const decodeContactNote = (data: Uint8Array): ContactNote => contactRecord.decode(data);
export const encodeContactNote = (note: ContactNote): Uint8Array => contactRecord.encode({ format: 1, ...note });
export const idInName = (name: string): CwebId => name.slice(prefixes.contact.length) as CwebId;

const petnameRecord = record(codec(struct({ format: literal(1), id: bytes(32) }), { maxBytes: 64 }));
export const encodePetname = (id: CwebId): Uint8Array => petnameRecord.encode({ format: 1, id: decodeId(id) ?? new Uint8Array(32) });
export const decodePetname = (data: Uint8Array): CwebId => encodeId(petnameRecord.decode(data).id);

const requestsType = struct({ format: literal(1), get: u64, put: u64, delete: u64, list: u64, head: u64, bytesIn: u64, bytesOut: u64 });
/** Requests since the home was made. `head` is always 0: no protocol of Cweb sends one. */
export type RequestTotals = Omit<TypeOf<typeof requestsType>, "format">;
const requestsRecord = record(codec(requestsType, { maxBytes: 128 }));
export const encodeTotals = (totals: RequestTotals): Uint8Array => requestsRecord.encode({ format: 1, ...totals });
export function decodeTotals(data: Uint8Array): RequestTotals {
  const { format: _, ...totals } = requestsRecord.decode(data);
  return totals;
}

const storeType = struct({ format: literal(1), store: text(1_024), conditionalWrites: bool });
const storeRecord = record(codec(storeType, { maxBytes: 2_048 }));
/** What was proved of the own store, and of which. */
export type ProvedStore = Omit<TypeOf<typeof storeType>, "format">;
export const encodeStore = (proved: ProvedStore): Uint8Array => storeRecord.encode({ format: 1, ...proved });
export const decodeStore = (data: Uint8Array): ProvedStore => storeRecord.decode(data);

const unpublishedType = struct({ format: literal(1), contact: bytes(32), messageId: bytes(16), channel: text(16) });
const unpublishedRecord = record(codec(unpublishedType, { maxBytes: 256 }));
/** A message that was told to be queued: its publication is told once, by `flush`. */
export interface Unpublished {
  readonly contact: CwebId;
  /** 16 bytes. */
  readonly messageId: Uint8Array;
  readonly channel: string;
}
export const encodeUnpublished = ({ contact, messageId, channel }: Unpublished): Uint8Array =>
  unpublishedRecord.encode({ format: 1, contact: decodeId(contact) ?? new Uint8Array(32), messageId, channel });
export function decodeUnpublished(data: Uint8Array): Unpublished {
  const { contact, messageId, channel } = unpublishedRecord.decode(data);
  return { contact: encodeId(contact), messageId, channel };
}
