import { ed25519 as noble } from "@noble/curves/ed25519.js";
import { concat, equal } from "./bytes.ts";
import type { Ed25519 } from "./cipher-suite.ts";
import { requireLength } from "./crypto-error.ts";
import { fieldElement, fieldPrime, groupOrder, isLess, negatedFieldElement } from "./field.ts";
import type { LabelPrefixes } from "./label-prefixes.ts";
import type { CryptoProvider } from "./provider.ts";

const pointLength = 32;

const eightTorsionY = Uint8Array.of(
  ...[0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f],
  ...[0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a],
);
const negatedEightTorsionY = Uint8Array.of(
  ...[0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0],
  ...[0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05],
);
/** The y-coordinates of the eight points of order 1, 2, 4 and 8; x and -x share one. */
const smallOrderY: readonly Uint8Array[] = [fieldElement(0), fieldElement(1), negatedFieldElement(1), eightTorsionY, negatedEightTorsionY];

/** 32 bytes with y below p, and not one of the points of small order. The points with x = 0, whose sign has two encodings, are among those. */
function isStrictEncoding(point: Uint8Array): boolean {
  if (point.length !== pointLength) return false;
  const y = point.with(31, (point[31] as number) & 0x7f);
  return isLess(y, fieldPrime) && !smallOrderY.some((small) => equal(small, y));
}

function isValidPublicKey(publicKey: Uint8Array): boolean {
  if (!isStrictEncoding(publicKey)) return false;
  try {
    return noble.Point.fromBytes(publicKey, false).isTorsionFree();
  } catch {
    return false; // y is on no point of the curve
  }
}

/** Ed25519 with one verdict in all providers (SPEC §7): strict encodings first, then the cofactorless equation. */
export function createEd25519({ ed25519: raw }: CryptoProvider, prefixes: LabelPrefixes): Ed25519 {
  return {
    isValidPublicKey,
    publicKey: (seed) => {
      requireLength(seed, 32, "an Ed25519 seed");
      return raw.publicKey(seed);
    },
    sign: (seed, label, message) => {
      requireLength(seed, 32, "an Ed25519 seed");
      return raw.sign(seed, concat(prefixes.of(label), message));
    },
    verify: (publicKey, label, message, signature) => {
      if (signature.length !== 64 || !isStrictEncoding(publicKey) || !isStrictEncoding(signature.subarray(0, 32))) return false;
      if (!isLess(signature.subarray(32), groupOrder)) return false;
      return raw.verify(publicKey, concat(prefixes.of(label), message), signature);
    },
  };
}
