import { encodeBase32, utf8 } from "@cweb/crypto";
import { bytes, codec, literal, struct } from "@cweb/serialization";
import { decodeObjectId, encodeObjectId, type ObjectId } from "@cweb/shared-object";
import { PeerError } from "../peer-error.ts";
import { record } from "./record.ts";

/** Objects of applications, among those of other layers: SPEC §7.2. */
const prefix = "object/";
/** Bytes of UTF-8: with the prefix, those of a topic. */
const longest = 57;
/** Control and format characters deceive the eye. */
const forbidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

const isGood = (name: string): boolean =>
  name !== "" && name === name.normalize("NFC").trim() && utf8(name).length <= longest && !forbidden.test(name);

/** An object's name in its one form. Throws `PeerError` `bad-name`. */
export function checkObjectName(text: string): string {
  const name = text.normalize("NFC").trim();
  if (isGood(name)) return name;
  throw new PeerError("bad-name", `An object's name has 1 to ${longest} bytes without control or invisible characters.`);
}

export const topicOf = (name: string): string => prefix + name;

/** `undefined` for a topic that is no application's, or not in its one form: it comes from a contact. */
export function nameIn(topic: string): string | undefined {
  const name = topic.slice(prefix.length);
  return topic.startsWith(prefix) && isGood(name) ? name : undefined;
}

/** Which own object has this name. */
export const objectRecord = (name: string): string => `client/object/${encodeBase32(utf8(name))}`;

const idRecord = record(codec(struct({ format: literal(1), id: bytes(16) }), { maxBytes: 32 }));
export const encodeOwnObject = (id: ObjectId): Uint8Array => idRecord.encode({ format: 1, id: decodeObjectId(id) ?? new Uint8Array(16) });
export const decodeOwnObject = (data: Uint8Array): ObjectId => encodeObjectId(idRecord.decode(data).id);
