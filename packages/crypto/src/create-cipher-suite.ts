import { encodeBase32 } from "./base32.ts";
import { createBulkCipher } from "./bulk-cipher.ts";
import { concat, utf8 } from "./bytes.ts";
import type { CipherSuite } from "./cipher-suite.ts";
import { createEd25519 } from "./ed25519.ts";
import { hkdf, hkdfExpand } from "./hkdf.ts";
import { createHpke } from "./hpke.ts";
import { createLabelPrefixes } from "./label-prefixes.ts";
import { createMlKem768 } from "./ml-kem.ts";
import { createPqxdh } from "./pqxdh.ts";
import type { CryptoProvider } from "./provider.ts";
import { open, seal } from "./seal.ts";
import { secret } from "./secret.ts";
import { createXWing } from "./x-wing.ts";
import { createX25519 } from "./x25519.ts";

const safetyPrefix = utf8("cweb/v1/safety\0");
const nameLength = 20;
const saltLength = 24;

/** Suite 1 over the given primitives. Costs some microseconds: make one and hand it on. */
export function createCipherSuite(provider: CryptoProvider): CipherSuite {
  const prefixes = createLabelPrefixes();
  const hash = (label: string, bytes: Uint8Array): Uint8Array => provider.sha256(concat(prefixes.of(label), bytes));
  const x25519 = createX25519(provider);
  const mlKem768 = createMlKem768(provider);
  return {
    provider: provider.name,
    hash,
    sha256: (bytes) => provider.sha256(bytes),
    safetyHash: (bytes) => provider.sha512(concat(safetyPrefix, bytes)),
    mac: (key, bytes) => secret(provider.hmacSha256(key, bytes)),
    derive: (key, label, context, length) => hkdfExpand(provider, key, concat(prefixes.of(label), context), length),
    extractAndExpand: (salt, inputKey, label, context, length) =>
      hkdf(provider, salt, inputKey, concat(prefixes.of(label), context), length),
    name: (key, context) => encodeBase32(provider.hmacSha256(key, context).subarray(0, nameLength)),
    publicName: (label, bytes) => encodeBase32(hash(label, bytes).subarray(0, nameLength)),
    seal: (label, key, associatedData, plaintext, random) =>
      seal(provider, label, prefixes.of(`seal/${label}`), key, associatedData, plaintext, random.bytes(saltLength)),
    open: (label, key, associatedData, sealed) => open(provider, label, prefixes.of(`seal/${label}`), key, associatedData, sealed),
    bulk: createBulkCipher(provider, prefixes),
    x25519,
    ed25519: createEd25519(provider, prefixes),
    mlKem768,
    hpke: createHpke(provider, createXWing(provider, x25519, mlKem768)),
    pqxdh: createPqxdh(provider, x25519, mlKem768, (transcript) => hash("session", transcript)),
  };
}
