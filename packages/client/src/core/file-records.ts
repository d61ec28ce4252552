import { type CwebId, decodeId, encodeId } from "@cweb/discovery";
import { bytes, bytesUpTo, codec, literal, struct, u64 } from "@cweb/serialization";
import { record } from "./record.ts";

/** Names of the local records about files that came, and about own ones that were sent (SPEC §3). */
export const fileNames = {
  /** How many came, and which of them are kept. */
  places: "client/files",
  /** Received: `place` rises with each. */
  at: (place: number): string => `client/file-at/${place.toString(16).padStart(14, "0")}`,
  /** Where the file that came with this message is kept. */
  placeOf: (messageId: string): string => `client/file/${messageId}`,
  sentTo: (contact: CwebId): string => `client/file-to/${contact}/`,
  sent: (contact: CwebId, fileId: string): string => `client/file-to/${contact}/${fileId}`,
} as const;

export const receivedPrefix = "client/file-at/";

export interface ReceivedFile {
  readonly contact: CwebId;
  /** 16 bytes. */
  readonly messageId: Uint8Array;
  /** Milliseconds since 1970, as the sender says. */
  readonly sentAt: number;
  /** An encoded File Reference. */
  readonly reference: Uint8Array;
}

const receivedType = struct({ format: literal(1), contact: bytes(32), messageId: bytes(16), sentAt: u64, reference: bytesUpTo(1_024) });
const receivedRecord = record(codec(receivedType, { maxBytes: 2_048 }));
export const encodeReceived = ({ contact, messageId, sentAt, reference }: ReceivedFile): Uint8Array =>
  receivedRecord.encode({ format: 1, contact: decodeId(contact) ?? new Uint8Array(32), messageId, sentAt, reference });
export function decodeReceived(data: Uint8Array): ReceivedFile {
  const { contact, messageId, sentAt, reference } = receivedRecord.decode(data);
  return { contact: encodeId(contact), messageId, sentAt, reference };
}

/** Places from `first` on, up to before `next`, may hold a file. */
export interface Places {
  readonly first: number;
  readonly next: number;
}
const placesRecord = record(codec(struct({ format: literal(1), first: u64, next: u64 }), { maxBytes: 32 }));
export const encodePlaces = (places: Places): Uint8Array => placesRecord.encode({ format: 1, ...places });
export const decodePlaces = (data: Uint8Array | undefined): Places => (data ? placesRecord.decode(data) : { first: 1, next: 1 });

const placeRecord = record(codec(struct({ format: literal(1), place: u64 }), { maxBytes: 16 }));
export const encodePlace = (place: number): Uint8Array => placeRecord.encode({ format: 1, place });
export const decodePlace = (data: Uint8Array): number => placeRecord.decode(data).place;

/** The message that told a contact of an own file. */
const sentRecord = record(codec(struct({ format: literal(1), messageId: bytes(16) }), { maxBytes: 32 }));
export const encodeSent = (messageId: Uint8Array): Uint8Array => sentRecord.encode({ format: 1, messageId });
export const decodeSent = (data: Uint8Array): Uint8Array => sentRecord.decode(data).messageId;
