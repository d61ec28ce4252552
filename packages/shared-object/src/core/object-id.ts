import { decodeBase32, encodeBase32 } from "@cweb/crypto";
import { bytes, mapped, SerializationError, type WireType } from "@cweb/serialization";

/** Names one object of one owner: 26 characters of `a-z2-7`, 16 random bytes. */
export type ObjectId = string & { readonly __brand: "ObjectId" };

const idLength = 16;

/** The text of 16 bytes. */
export const encodeObjectId = (id: Uint8Array): ObjectId => encodeBase32(id) as ObjectId;

/** The 16 bytes of an ObjectId; `undefined` for any other text. There is one text for each id. */
export function decodeObjectId(text: string): Uint8Array | undefined {
  const id = decodeBase32(text);
  return id?.length === idLength ? id : undefined;
}

/** 16 bytes on the wire. */
export const objectIdType: WireType<ObjectId> = mapped(bytes(idLength), encodeObjectId, (text) => {
  const id = decodeObjectId(text);
  if (id === undefined) throw new SerializationError("schema", "expected an ObjectId");
  return id;
});
