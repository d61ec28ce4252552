import { equal, u32 } from "@cweb/crypto";
import { bytes, bytesUpTo, codec, literal, SerializationError, struct, u64 } from "@cweb/serialization";
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
const checksumLength = 4;
const card = codec(struct({ version: literal(1), id: bytes(32), profile: bytesUpTo(limits.profile), minSeq: u64 }, { extensible: true }), {
  maxBytes: limits.card,
});

/** CRC-32 (IEEE 802.3): finds slips of the hand and cut lines. It proves nothing; the id does that. */
function crc32(data: Uint8Array): Uint8Array {
  let rest = 0xffff_ffff;
  for (const byte of data) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb8_8320 : rest >>> 1;
  }
  return u32((rest ^ 0xffff_ffff) >>> 0);
}

function toBase64Url(data: Uint8Array): string {
  let binary = "";
  for (const byte of data) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function fromBase64Url(text: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return undefined;
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const data = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  return toBase64Url(data) === text ? data : undefined; // non-zero trailing bits are refused: one text for one card
}

const bad = (cause?: unknown): DiscoveryError =>
  new DiscoveryError("bad-card", 'This is no complete Cweb card. A card is one line that begins with "cweb:"; copy the whole line.', {
    cause,
  });

/** One line of text: `cweb:` and base64url, without padding, of the card's bytes and their CRC-32 (SPEC §6). */
export function encodeCard(fields: { readonly idBytes: Uint8Array; readonly profile: Uint8Array; readonly minSeq: number }): string {
  const body = card.encode({ version: 1, id: fields.idBytes, profile: fields.profile, minSeq: fields.minSeq });
  const whole = new Uint8Array(body.length + checksumLength);
  whole.set(body);
  whole.set(crc32(body), body.length);
  return scheme + toBase64Url(whole);
}

/** Reads a card; white space around it is ignored. Throws `DiscoveryError` `bad-card` for any other text. */
export function parseCard(text: string): Card {
  const line = text.trim();
  if (!line.startsWith(scheme) || line.length > scheme.length + Math.ceil(((limits.card + checksumLength) * 4) / 3)) throw bad();
  const whole = fromBase64Url(line.slice(scheme.length));
  if (whole === undefined || whole.length <= checksumLength) throw bad();
  const body = whole.subarray(0, -checksumLength);
  if (!equal(crc32(body), whole.subarray(-checksumLength))) throw bad();
  try {
    const fields = card.decode(body);
    return { id: encodeId(fields.id), idBytes: fields.id, profile: fields.profile, minSeq: fields.minSeq };
  } catch (cause) {
    if (cause instanceof SerializationError) throw bad(cause);
    throw cause;
  }
}
