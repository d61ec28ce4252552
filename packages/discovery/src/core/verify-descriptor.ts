import { type CipherSuite, equal, type Random } from "@cweb/crypto";
import { SerializationError } from "@cweb/serialization";
import { type DescriptorBody, descriptorBody, type SignedDescriptor, signedDescriptor } from "../wire/descriptor.ts";
import { times } from "./limits.ts";
import { type PeerDescriptor, toPeerDescriptor } from "./peer-descriptor.ts";

export type Verification =
  | { readonly kind: "valid"; readonly descriptor: PeerDescriptor; readonly body: Uint8Array }
  /** Not a descriptor, not signed, or against the rules: the reasons are told apart nowhere (M6). */
  | { readonly kind: "invalid" }
  /** Its identity keys do not hash to the Id. */
  | { readonly kind: "other-identity" };

const invalid: Verification = { kind: "invalid" };

function parse(object: Uint8Array): { readonly outer: SignedDescriptor; readonly fields: DescriptorBody } | undefined {
  try {
    const outer = signedDescriptor.decode(object);
    return { outer, fields: descriptorBody.decode(outer.body) };
  } catch (error) {
    if (error instanceof SerializationError) return undefined;
    throw error;
  }
}

/** Total: any bytes give a verification. The order is that of SPEC §3.3. */
export function verifyDescriptor(crypto: CipherSuite, idBytes: Uint8Array, object: Uint8Array): Verification {
  const parsed = parse(object);
  if (parsed === undefined) return invalid;
  const { outer, fields } = parsed;
  const signingKey = fields.idKeys.subarray(0, 32);
  if (!crypto.ed25519.verify(signingKey, "desc", outer.body, outer.signature)) return invalid;
  const descriptor = toPeerDescriptor(crypto, outer.body, fields);
  if (!equal(descriptor.idBytes, idBytes)) return { kind: "other-identity" };
  return isConsistent(descriptor) ? { kind: "valid", descriptor, body: outer.body } : invalid;
}

function isConsistent(d: PeerDescriptor): boolean {
  const lifetime = d.expiresAt - d.issuedAt;
  return lifetime > 0 && lifetime <= times.lifetime && d.prevSeq < d.seq && d.oldestGen <= d.gen;
}

/**
 * Whether every key of a descriptor can be used: checked once for each new descriptor, so that nobody above meets a
 * malformed key. The torsion check is for a new identity only, whose keys never change (M7).
 */
export function hasUsableKeys(
  crypto: CipherSuite,
  own: { readonly agreementKey: Uint8Array; readonly random: Random },
  d: PeerDescriptor,
  isNewIdentity: boolean,
): boolean {
  const isCurveKey = (key: Uint8Array): boolean =>
    equal(crypto.x25519.canonical(key), key) && crypto.x25519.agree(own.agreementKey, key) !== undefined;
  return (
    (!isNewIdentity || crypto.ed25519.isValidPublicKey(d.signingKey)) &&
    isCurveKey(d.identityKey) &&
    isCurveKey(d.signedPrekey) &&
    crypto.mlKem768.encapsulate(d.kemPrekey, own.random) !== undefined &&
    crypto.hpke.setupSender(d.broadcastKey, new Uint8Array(), own.random) !== undefined
  );
}
