import { bytes, bytesUpTo, type Codec, codec, nullable, struct, type TypeOf, text, u64, uint } from "@cweb/serialization";
import { maxPayload } from "../core/limits.ts";

/** Append-only: what a session puts into the inbox. */
export const sessionEventKinds = [
  "message",
  "delivered",
  "undelivered",
  "unconfirmed",
  "session-started",
  "session-reset",
  "gap",
  "recovered",
  "undecryptable",
  "unsupported",
  "alarm",
] as const;
export type SessionEventKind = (typeof sessionEventKinds)[number];

const eventType = struct({
  /** The contact's Cweb Id. */
  contact: text(64),
  /** `session` or `broadcast`: how it came. */
  channel: text(16),
  /** 16 bytes; of the message that the event is about. */
  messageId: nullable(bytes(16)),
  /** Its kind, or the kind of a rider. */
  number: uint(),
  /** Milliseconds since 1970, as the sender says. */
  sentAt: u64,
  /** A word for programs: a reason, an alarm's code. */
  detail: text(256),
  payload: bytesUpTo(maxPayload),
});

/** The body of an inbox event of this package. */
export type SessionEvent = TypeOf<typeof eventType>;
export const sessionEventCodec: Codec<SessionEvent> = codec(eventType, { maxBytes: 65_000 });
