import { release } from "../bytes.ts";
import type { BulkPrimitives } from "../provider.ts";

type OnBuffer = Uint8Array<ArrayBuffer>;

const tagLength = 16;
const algorithm = "AES-GCM";

/** WebCrypto takes no view of shared memory; nobody here makes one. */
const own = (bytes: Uint8Array): OnBuffer => bytes as OnBuffer;

/** The platform's WebCrypto, which works on threads of its own; `undefined` where there is none: on insecure pages. */
export function webCryptoBulk(): BulkPrimitives | undefined {
  // The types promise a `subtle` that insecure pages do not have.
  const subtle = crypto.subtle as SubtleCrypto | undefined;
  if (subtle === undefined) return undefined;
  const imported = (key: Uint8Array, use: "encrypt" | "decrypt"): Promise<CryptoKey> =>
    subtle.importKey("raw", own(key), algorithm, false, [use]);
  const parameters = (nonce: Uint8Array): AesGcmParams => ({ name: algorithm, iv: own(nonce), tagLength: 8 * tagLength });
  return {
    sha256: async (content) => new Uint8Array(await subtle.digest("SHA-256", own(content))),
    sealAes256Gcm: async (key, nonce, plaintext, head, signal) => {
      const cryptoKey = await imported(key, "encrypt");
      signal?.throwIfAborted();
      const ciphertext = new Uint8Array(await subtle.encrypt(parameters(nonce), cryptoKey, own(plaintext)));
      const sealed = new Uint8Array(head.length + ciphertext.length);
      sealed.set(head);
      sealed.set(ciphertext, head.length);
      release(ciphertext);
      return sealed;
    },
    openAes256Gcm: async (key, nonce, sealed, signal) => {
      if (sealed.length < tagLength) return undefined;
      const cryptoKey = await imported(key, "decrypt");
      signal?.throwIfAborted();
      try {
        return new Uint8Array(await subtle.decrypt(parameters(nonce), cryptoKey, own(sealed)));
      } catch (error) {
        // What WebCrypto says of a wrong tag; anything else is a failure, not an answer about a stranger's bytes.
        if (error instanceof DOMException && error.name === "OperationError") return undefined;
        throw error;
      }
    },
  };
}
