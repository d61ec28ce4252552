import { bytes, bytesUpTo, codec, decodeLine, encodeLine, literal, SerializationError, struct, u64 } from "@cweb/serialization";
import { type CwebId, encodeId } from "../core/cweb-id.ts";
import { limits } from "../core/limits.ts";
import { DiscoveryError } from "../discovery-error.ts";

/** What one person hands to another: who, and where to read. */
export interface Card {
  readonly id: CwebId;
  /** 32 bytes. */
  readonly idBytes: Uint8Array;
  /** The encoded read profile, at most 1 KiB. Not signed: it only says where to look first. */
  readonly profile: Uint8Array;
  /** A descriptor with a lower seq is an old one. 0: none was published yet. */
  readonly minSeq: number;
}

const scheme = "cweb:";
const card = codec(struct({ version: literal(1), id: bytes(32), profile: bytesUpTo(limits.profile), minSeq: u64 }, { extensible: true }), {
  maxBytes: limits.card,
});

const bad = (cause?: unknown): DiscoveryError =>
  new DiscoveryError("bad-card", 'This is no complete Cweb card. A card is one line that begins with "cweb:"; copy the whole line.', {
    cause,
  });

/** One line of text: `cweb:` and base64url, without padding, of the card's bytes and their CRC-32 (SPEC §6). */
export function encodeCard(fields: { readonly idBytes: Uint8Array; readonly profile: Uint8Array; readonly minSeq: number }): string {
  return encodeLine(scheme, card.encode({ version: 1, id: fields.idBytes, profile: fields.profile, minSeq: fields.minSeq }));
}

/** Reads a card; white space around it is ignored. Throws `DiscoveryError` `bad-card` for any other text. */
export function parseCard(text: string): Card {
  try {
    const fields = card.decode(decodeLine(scheme, text, { maxBytes: limits.card }));
    return { id: encodeId(fields.id), idBytes: fields.id, profile: fields.profile, minSeq: fields.minSeq };
  } catch (cause) {
    if (cause instanceof SerializationError) throw bad(cause);
    throw cause;
  }
}
