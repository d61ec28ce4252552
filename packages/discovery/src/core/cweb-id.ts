import { decodeBase32, encodeBase32 } from "@cweb/crypto";
import { DiscoveryError } from "../discovery-error.ts";

/** A Cweb Id as text: 54 characters of `a-z2-7`, the 52 of the 32 bytes and 2 check characters. Made by `encodeId`. */
export type CwebId = string & { readonly __brand: "CwebId" };

const alphabet = "abcdefghijklmnopqrstuvwxyz234567";
const idLength = 32;
const textLength = 54;
// A prime of which 32 is a primitive root: every wrong character and every swap of two characters changes the check (SPEC §2.2).
const modulus = 1019;

/** The 52 characters read as a number in base 32, modulo 1019, as two characters. */
function checkCharacters(body: string): string {
  let rest = 0;
  for (const character of body) rest = (rest * 32 + alphabet.indexOf(character)) % modulus;
  return alphabet.charAt(rest >> 5) + alphabet.charAt(rest & 31);
}

/** The text of a 32-byte id. Throws `DiscoveryError` `bad-id` for another length. */
export function encodeId(id: Uint8Array): CwebId {
  if (id.length !== idLength) throw new DiscoveryError("bad-id", `A Cweb Id has ${idLength} bytes.`);
  const body = encodeBase32(id);
  return (body + checkCharacters(body)) as CwebId;
}

/** The 32 bytes of a Cweb Id; `undefined` for any other text. There is one text for each id. */
export function decodeId(text: string): Uint8Array | undefined {
  if (text.length !== textLength || !/^[a-z2-7]{54}$/.test(text)) return undefined;
  const body = text.slice(0, -2);
  if (checkCharacters(body) !== text.slice(-2)) return undefined;
  const id = decodeBase32(body);
  return id?.length === idLength ? id : undefined;
}
