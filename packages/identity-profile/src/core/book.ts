import { array, bool, codec, SerializationError, struct, text } from "@cweb/serialization";
import type { ObjectId } from "@cweb/shared-object";
import { IdentityProfileError } from "../identity-profile-error.ts";
import { limits } from "./limits.ts";

/** Which object a profile is. */
export interface BookEntry {
  readonly objectId: ObjectId;
  /** Whether the object was made for sure: if there is none, it was deleted. */
  readonly isMade: boolean;
}

/** Profiles by name. The names are this person's own and never leave the home. */
export type ProfileBook = ReadonlyMap<string, BookEntry>;

/** The record's name (SPEC §7). */
export const bookRecord = "profile/book";

const entry = struct({ name: text(limits.profileName), objectId: text(26), isMade: bool });
const book = codec(array(entry, limits.profiles), { maxBytes: 16_384 });

export const encodeBook = (profiles: ProfileBook): Uint8Array => book.encode([...profiles].map(([name, one]) => ({ name, ...one })));

/** An empty book where there is no record. Throws `corrupt-state`. */
export function decodeBook(bytes: Uint8Array | undefined): ProfileBook {
  if (bytes === undefined) return new Map();
  try {
    return new Map(book.decode(bytes).map(({ name, objectId, isMade }) => [name, { objectId: objectId as ObjectId, isMade }]));
  } catch (cause) {
    if (!(cause instanceof SerializationError)) throw cause;
    throw new IdentityProfileError("corrupt-state", "The list of this home's profiles cannot be read.", { cause });
  }
}
