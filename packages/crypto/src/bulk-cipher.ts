import { concat, equal } from "./bytes.ts";
import type { BulkCipher } from "./cipher-suite.ts";
import { CryptoError } from "./crypto-error.ts";
import type { LabelPrefixes } from "./label-prefixes.ts";
import { aesSealLabels, type BulkSealLabel } from "./labels.ts";
import type { BulkPrimitives, CryptoProvider } from "./provider.ts";
import { saltLength, sealHeadLength, sealNonce, sealOverhead, sealSchedule } from "./seal.ts";

const noAssociatedData: Uint8Array = new Uint8Array();

/** The synchronous primitives, for platforms without others: a browser's page that did not come over HTTPS has no WebCrypto. */
function onThisThread(provider: CryptoProvider): BulkPrimitives {
  return {
    sha256: async (content) => provider.sha256(content),
    sealAes256Gcm: async (key, nonce, plaintext, head) => concat(head, provider.aes256Gcm.seal(key, nonce, noAssociatedData, plaintext)),
    openAes256Gcm: async (key, nonce, sealed) => provider.aes256Gcm.open(key, nonce, noAssociatedData, sealed),
  };
}

/** No label has two ciphers, so the ChaCha20-Poly1305 ones are refused here (SPEC §5). */
function requireBulkLabel(label: BulkSealLabel): void {
  if ((aesSealLabels as readonly string[]).includes(label)) return;
  throw new CryptoError("unknown-label", `not a label of bulk SEAL: ${JSON.stringify(label)}`);
}

/** Bulk SEAL over the provider's `bulk`, or over its synchronous primitives. */
export function createBulkCipher(provider: CryptoProvider, prefixes: LabelPrefixes): BulkCipher {
  const primitives = provider.bulk ?? onThisThread(provider);
  return {
    async seal(label, key, associatedData, plaintext, salt, options = {}) {
      options.signal?.throwIfAborted();
      requireBulkLabel(label);
      if (salt.length !== saltLength) throw new CryptoError("bad-length", `a salt must have ${saltLength} bytes, not ${salt.length}`);
      const { encryptionKey, commitment } = sealSchedule(provider, prefixes.of(`seal/${label}`), key, associatedData, salt);
      const sealing = primitives.sealAes256Gcm(encryptionKey, sealNonce, plaintext, concat(salt, commitment), options.signal);
      const sealed = await sealing.finally(() => encryptionKey.fill(0));
      options.signal?.throwIfAborted();
      return sealed;
    },
    async open(label, key, associatedData, sealed, options = {}) {
      options.signal?.throwIfAborted();
      requireBulkLabel(label);
      if (sealed.length < sealOverhead) return undefined;
      const salt = sealed.subarray(0, saltLength);
      const { encryptionKey, commitment } = sealSchedule(provider, prefixes.of(`seal/${label}`), key, associatedData, salt);
      if (!equal(commitment, sealed.subarray(saltLength, sealHeadLength))) return undefined;
      const opening = primitives.openAes256Gcm(encryptionKey, sealNonce, sealed.subarray(sealHeadLength), options.signal);
      const plaintext = await opening.finally(() => encryptionKey.fill(0));
      options.signal?.throwIfAborted();
      return plaintext;
    },
    async sha256(content, options = {}) {
      options.signal?.throwIfAborted();
      const digest = await primitives.sha256(content, options.signal);
      options.signal?.throwIfAborted();
      return digest;
    },
  };
}
