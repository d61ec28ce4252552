import * as nodeCrypto from "node:crypto";
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";

export type Curve = "X25519" | "Ed25519";

/** Whether this Node can do ML-KEM (24.7 and later, with OpenSSL 3.5). */
export const hasKem: boolean = typeof nodeCrypto.encapsulate === "function" && typeof nodeCrypto.decapsulate === "function";

// RFC 8410. Measured: where `hasKem`, a key as PEM text is imported in a third of the time of a JWK or DER object, since Node 24 finds
// out with costly exceptions that an object is no KeyObject; before, OpenSSL's decoders made everything but JWK several times slower.
const publicPrefix: Record<Curve, string> = { X25519: "302a300506032b656e032100", Ed25519: "302a300506032b6570032100" };
const privatePrefix: Record<Curve, string> = {
  X25519: "302e020100300506032b656e04220420",
  Ed25519: "302e020100300506032b657004220420",
};
// OpenSSL computes the public key itself and ignores what a private JWK says.
const unusedX = "A".repeat(43);

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64url");
}

/** The PEM text of `prefix ‖ key`; the prefix in hexadecimal. */
export function pem(label: "PUBLIC KEY" | "PRIVATE KEY", prefix: string, key: Uint8Array): string {
  const der = Buffer.concat([Buffer.from(prefix, "hex"), key]);
  const text = `-----BEGIN ${label}-----\n${der.toString("base64")}\n-----END ${label}-----\n`;
  der.fill(0);
  return text;
}

export function importPublic(curve: Curve, publicKey: Uint8Array): KeyObject {
  if (hasKem) return createPublicKey(pem("PUBLIC KEY", publicPrefix[curve], publicKey));
  return createPublicKey({ key: { kty: "OKP", crv: curve, x: base64url(publicKey) }, format: "jwk" });
}

export function importPrivate(curve: Curve, privateKey: Uint8Array): KeyObject {
  if (hasKem) return createPrivateKey(pem("PRIVATE KEY", privatePrefix[curve], privateKey));
  return createPrivateKey({ key: { kty: "OKP", crv: curve, d: base64url(privateKey), x: unusedX }, format: "jwk" });
}

/** The raw 32 bytes of a public key, from either half of its pair. */
export function exportPublic(key: KeyObject): Uint8Array {
  return new Uint8Array(Buffer.from(key.export({ format: "jwk" }).x as string, "base64url"));
}
