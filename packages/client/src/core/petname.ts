import { utf8 } from "@cweb/crypto";
import { PeerError } from "../peer-error.ts";

/** Bytes of UTF-8: 1.6 characters each as base32 in a record's name of at most 256. */
const longest = 128;
/** "me" stands for this home, "/" separates a contact from what it owns, control and format characters deceive the eye. */
const forbidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}/]/u;

/** A contact's name in its one form. Throws `PeerError` `bad-name`. */
export function checkPetname(text: string): string {
  const name = text.normalize("NFC").trim();
  const isGood = name !== "" && name !== "me" && utf8(name).length <= longest && !forbidden.test(name);
  if (isGood) return name;
  throw new PeerError(
    "bad-name",
    `A contact's name has 1 to ${longest} bytes without "/", control or invisible characters, and is not "me".`,
  );
}
