import { codec, SerializationError } from "@cweb/serialization";
import { IdentityProfileError } from "../identity-profile-error.ts";
import { limits } from "./limits.ts";
import { nameOf } from "./visible-text.ts";

const profileName = codec(nameOf(limits.profileName), { maxBytes: limits.profileName + 8 });

/** A profile's private name in its one form: trimmed, NFC. Throws `bad-profile-name`. */
export function checkProfileName(name: string): string {
  try {
    return profileName.decode(profileName.encode(name.normalize("NFC")));
  } catch (cause) {
    if (!(cause instanceof SerializationError)) throw cause;
    const message = `A profile's name has 1 to ${limits.profileName} bytes without control and invisible characters.`;
    throw new IdentityProfileError("bad-profile-name", message, { cause });
  }
}
