import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  diffieHellman,
  sign as edSign,
  verify as edVerify,
  generateKeyPairSync,
  hash,
  hkdfSync,
  type KeyObject,
} from "node:crypto";
import { release } from "../bytes.ts";
import type { KeyPair } from "../cipher-suite.ts";
import type { Aead, BulkPrimitives, CryptoProvider, RawEd25519, RawX25519 } from "../provider.ts";
import { Secret } from "../secret.ts";
import { nobleMlKem768 } from "./noble.ts";
import { type Curve, exportPublic, importPrivate, importPublic } from "./node-keys.ts";
import { nativeMlKem768 } from "./node-ml-kem.ts";
import { strictAead } from "./strict-aead.ts";

const tagLength = 16;
const blockLength = 64;

/** A plain view: digests and what a cipher gives own their memory. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}

// Two one-shot hashes cost a third of a `createHmac` object; beyond a few blocks the copy would cost more than it saves.
function hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array {
  if (key.length > blockLength || message.length > 1024) {
    return plain(createHmac("sha256", createSecretKey(key)).update(message).digest());
  }
  const inner = new Uint8Array(blockLength + message.length).fill(0x36, 0, blockLength);
  const outer = new Uint8Array(blockLength + 32).fill(0x5c, 0, blockLength);
  for (let i = 0; i < key.length; i++) {
    inner[i] = 0x36 ^ (key[i] as number);
    outer[i] = 0x5c ^ (key[i] as number);
  }
  inner.set(message, blockLength);
  outer.set(hash("sha256", inner, "buffer"), blockLength);
  const mac = plain(hash("sha256", outer, "buffer"));
  inner.fill(0, 0, blockLength);
  outer.fill(0);
  return mac;
}

// OpenSSL's own takes half the time of ours over HMAC, but refuses empty keys, empty outputs and long contexts.
function hkdfSha256(salt: Uint8Array, inputKey: Uint8Array, info: Uint8Array, length: number): Uint8Array | undefined {
  if (inputKey.length === 0 || length === 0 || info.length > 1024) return undefined;
  return new Uint8Array(hkdfSync("sha256", createSecretKey(inputKey), salt, info, length));
}

/** A one-shot AEAD that writes `head ‖ ciphertext ‖ tag` into one array. */
interface NodeAead {
  seal(key: Uint8Array, nonce: Uint8Array, associatedData: Uint8Array, plaintext: Uint8Array, head: Uint8Array): Uint8Array;
  open(key: Uint8Array, nonce: Uint8Array, associatedData: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
}

const noBytes: Uint8Array = new Uint8Array();

function nodeAead(name: "chacha20-poly1305" | "aes-256-gcm"): NodeAead {
  // The two algorithms have disjoint overloads with the same shape.
  const algorithm = name as "aes-256-gcm";
  const options = { authTagLength: tagLength };
  // Keys as KeyObjects: given bytes, Node 24 takes three times as long for a whole message (see node-keys.ts).
  return {
    seal: (key, nonce, associatedData, plaintext, head) => {
      const cipher = createCipheriv(algorithm, createSecretKey(key), nonce, options).setAAD(associatedData);
      const sealed = new Uint8Array(head.length + plaintext.length + tagLength);
      sealed.set(head);
      const ciphertext = plain(cipher.update(plaintext));
      sealed.set(ciphertext, head.length);
      release(ciphertext);
      cipher.final();
      sealed.set(cipher.getAuthTag(), head.length + plaintext.length);
      return sealed;
    },
    open: (key, nonce, associatedData, sealed) => {
      const length = sealed.length - tagLength;
      if (length < 0) return undefined;
      const decipher = createDecipheriv(algorithm, createSecretKey(key), nonce, options)
        .setAAD(associatedData)
        .setAuthTag(sealed.subarray(length));
      const plaintext = plain(decipher.update(sealed.subarray(0, length)));
      try {
        decipher.final();
        return plaintext;
      } catch {
        plaintext.fill(0);
        return undefined;
      }
    },
  };
}

function aead({ seal, open }: NodeAead): Aead {
  return strictAead({ seal: (key, nonce, associatedData, plaintext) => seal(key, nonce, associatedData, plaintext, noBytes), open });
}

const sha256 = (bytes: Uint8Array): Uint8Array => plain(hash("sha256", bytes, "buffer"));
const aes256Gcm = nodeAead("aes-256-gcm");

// On the calling thread on purpose: beside requests to a server on the same cores this moves more bytes a second than WebCrypto's
// threads, at two thirds of the processor time (README "Bulk", bench/bulk.bench.ts).
const bulk: BulkPrimitives = {
  sha256: async (bytes) => sha256(bytes),
  sealAes256Gcm: async (key, nonce, plaintext, head) => aes256Gcm.seal(key, nonce, noBytes, plaintext, head),
  openAes256Gcm: async (key, nonce, sealed) => aes256Gcm.open(key, nonce, noBytes, sealed),
};

interface PrivateForm {
  readonly key: KeyObject;
}

const owners: Record<Curve, object> = { X25519: {}, Ed25519: {} };

function privateForm(curve: Curve, privateKey: Uint8Array): PrivateForm {
  return Secret.form(privateKey, owners[curve], () => ({ key: importPrivate(curve, privateKey) }));
}

const x25519: RawX25519 = {
  publicKey: (privateKey) => exportPublic(privateForm("X25519", privateKey).key),
  agree: (privateKey, publicKey) =>
    new Uint8Array(diffieHellman({ privateKey: privateForm("X25519", privateKey).key, publicKey: importPublic("X25519", publicKey) })),
  generate: (): KeyPair => {
    const key = generateKeyPairSync("x25519").privateKey;
    const { d, x } = key.export({ format: "jwk" });
    const privateKey = new Secret(Buffer.from(d as string, "base64url"));
    Secret.form(privateKey, owners.X25519, () => ({ key }));
    return { privateKey, publicKey: new Uint8Array(Buffer.from(x as string, "base64url")) };
  },
};

const ed25519: RawEd25519 = {
  publicKey: (seed) => exportPublic(privateForm("Ed25519", seed).key),
  sign: (seed, message) => new Uint8Array(edSign(undefined, message, privateForm("Ed25519", seed).key)),
  verify: (publicKey, message, signature) => {
    let key: KeyObject;
    try {
      key = importPublic("Ed25519", publicKey);
    } catch {
      return false; // some versions refuse a y that is on no point already here
    }
    return edVerify(undefined, message, key, signature);
  },
};

/** OpenSSL through `node:crypto`; ML-KEM too where this Node has it (24.7 and later), else noble's. */
export const nodeProvider: CryptoProvider = {
  name: "node",
  sha256,
  sha512: (bytes) => plain(hash("sha512", bytes, "buffer")),
  sha3_256: (bytes) => plain(hash("sha3-256", bytes, "buffer")),
  shake256: (bytes, length) => plain(createHash("shake256", { outputLength: length }).update(bytes).digest()),
  hmacSha256,
  hkdfSha256,
  chacha20Poly1305: aead(nodeAead("chacha20-poly1305")),
  aes256Gcm: aead(aes256Gcm),
  x25519,
  ed25519,
  mlKem768: nativeMlKem768() ?? nobleMlKem768,
  bulk,
};

export { nodeProvider as platformProvider };
