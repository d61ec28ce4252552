import { array, codec, mapped, SerializationError, struct, text } from "@cweb/serialization";
import type { ObjectId } from "@cweb/shared-object";
import { IdentityProfileError } from "../identity-profile-error.ts";
import { limits } from "./limits.ts";

/** Which object each profile is: the names are this person's own and never leave the home. */
export type ProfileBook = ReadonlyMap<string, ObjectId>;

/** The record's name (SPEC §7). */
export const bookRecord = "profile/book";

const objectId = mapped(
  text(26),
  (id) => id as ObjectId,
  (id) => id,
);

const book = codec(array(struct({ name: text(limits.profileName), objectId }), limits.profiles), { maxBytes: 16_384 });

export const encodeBook = (profiles: ProfileBook): Uint8Array => book.encode([...profiles].map(([name, objectId]) => ({ name, objectId })));

/** An empty book where there is no record. Throws `corrupt-state`. */
export function decodeBook(bytes: Uint8Array | undefined): ProfileBook {
  if (bytes === undefined) return new Map();
  try {
    return new Map(book.decode(bytes).map(({ name, objectId }) => [name, objectId]));
  } catch (cause) {
    if (!(cause instanceof SerializationError)) throw cause;
    throw new IdentityProfileError("corrupt-state", "The list of this home's profiles cannot be read.", { cause });
  }
}
