import { CryptoError, requireLength } from "../crypto-error.ts";
import type { Aead } from "../provider.ts";

const keyLength = 32;
const nonceLength = 12;

/** The AEAD with the lengths of SPEC §5 alone; libraries take others. */
export function strictAead(raw: Aead): Aead {
  const check = (key: Uint8Array, nonce: Uint8Array): void => {
    requireLength(key, keyLength, "an AEAD key");
    if (nonce.length !== nonceLength) throw new CryptoError("bad-length", `an AEAD nonce must have ${nonceLength} bytes`);
  };
  return {
    seal: (key, nonce, associatedData, plaintext) => {
      check(key, nonce);
      return raw.seal(key, nonce, associatedData, plaintext);
    },
    open: (key, nonce, associatedData, sealed) => {
      check(key, nonce);
      return raw.open(key, nonce, associatedData, sealed);
    },
  };
}
