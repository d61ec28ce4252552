import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { concat, utf8 } from "../src/bytes.ts";
import { hex } from "./hex.ts";

const { Point } = ed25519;
type CurvePoint = InstanceType<typeof Point>;

export interface HostileSignature {
  readonly name: string;
  readonly publicKey: string;
  readonly message: string;
  readonly signature: string;
  /** What every provider must answer for `verify` with the label `desc`. */
  readonly verifies: boolean;
  /** What every provider must answer for `isValidPublicKey`. */
  readonly validKey: boolean;
}

export interface HostileExchange {
  readonly name: string;
  readonly publicKey: string;
  readonly canonical: string;
  /** The shared secret with `privateKey`, or null where the key must be refused. */
  readonly shared: string | null;
}

const order = Point.Fn.ORDER;
const prime = Point.Fp.ORDER;
const secretScalar = 0x1234_5678_9abc_def1n;
const nonceScalar = 0x0fed_cba9_8765_4321n;
const torsion = Point.fromHex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a");
const message = utf8("hostile");
const signed = concat(utf8("cweb/v1/desc\0"), message);

function littleEndian(value: bigint, sign = 0): Uint8Array {
  const bytes = Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
  bytes[31] = (bytes[31] as number) | (sign << 7);
  return bytes;
}

function challenge(encodedR: Uint8Array, publicKey: Uint8Array, text: Uint8Array): bigint {
  return sha512(concat(encodedR, publicKey, text)).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n) % order;
}

/** R and S for which [8]SB = [8]R + [8]kA holds, whatever the torsion in R or in the key. */
function signWithTorsion(pointR: CurvePoint, publicKey: Uint8Array, nonce: bigint, text: Uint8Array, scalar: bigint): Uint8Array {
  const encodedR = pointR.toBytes();
  return concat(encodedR, littleEndian((nonce + challenge(encodedR, publicKey, text) * scalar) % order));
}

function signature(name: string, publicKey: Uint8Array, bytes: Uint8Array, verifies = false, validKey = false): HostileSignature {
  return { name, publicKey: hex(publicKey), message: hex(message), signature: hex(bytes), verifies, validKey };
}

function smallOrderKeys(): HostileSignature[] {
  const identityR = concat(Point.ZERO.toBytes(), littleEndian(0n));
  const canonical = Array.from({ length: 8 }, (_, i) => {
    const key = torsion.multiplyUnsafe(BigInt(i)).toBytes();
    return signature(`A = ${i} × the point of order 8, R = identity, S = 0`, key, identityR);
  });
  const encodings: readonly (readonly [string, Uint8Array])[] = [
    ["A = p (y = 0)", littleEndian(prime)],
    ["A = p (y = 0), sign bit set", littleEndian(prime, 1)],
    ["A = p + 1 (y = 1)", littleEndian(prime + 1n)],
    ["A = p + 1 (y = 1), sign bit set", littleEndian(prime + 1n, 1)],
    ["A = identity with the sign bit set", littleEndian(1n, 1)],
    ["A = -1 with the sign bit set", littleEndian(prime - 1n, 1)],
  ];
  return [...canonical, ...encodings.map(([name, key]) => signature(`${name}, R = identity, S = 0`, key, identityR))];
}

function nonCanonicalKeys(): HostileSignature[] {
  const honestR = concat(Point.BASE.toBytes(), littleEndian(1n));
  return [3n, 4n, 9n, 18n].map((y) => signature(`A = p + ${y}, not canonical`, littleEndian(prime + y), honestR));
}

/** A key with torsion: the cofactored equation always holds, the cofactorless one only where 8 divides the challenge. */
function mixedOrderKeys(): HostileSignature[] {
  const key = Point.BASE.multiply(secretScalar).add(torsion).toBytes();
  const found: HostileSignature[] = [];
  for (let nonce = nonceScalar; found.length < 2; nonce++) {
    const pointR = Point.BASE.multiply(nonce);
    const divisible = challenge(pointR.toBytes(), key, signed) % 8n === 0n;
    if (divisible === (found.length === 0)) continue;
    const bytes = signWithTorsion(pointR, key, nonce, signed, secretScalar);
    found.push(signature(`A of mixed order, ${divisible ? "valid without" : "valid only with"} the cofactor`, key, bytes, divisible));
  }
  return found;
}

function forgedSignatures(): HostileSignature[] {
  const key = Point.BASE.multiply(secretScalar).toBytes();
  const pointR = Point.BASE.multiply(nonceScalar);
  const honest = signWithTorsion(pointR, key, nonceScalar, signed, secretScalar);
  const s = honest.subarray(32).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const withR = (encodedR: Uint8Array): Uint8Array =>
    concat(encodedR, littleEndian((challenge(encodedR, key, signed) * secretScalar) % order));
  const torsionR = signWithTorsion(pointR.add(torsion), key, nonceScalar, signed, secretScalar);
  return [
    signature("honest", key, honest, true, true),
    signature("torsion in R, valid only with the cofactor", key, torsionR, false, true),
    signature("R = identity, the equation holds", key, withR(Point.ZERO.toBytes()), false, true),
    signature("R = p + 1, the identity not canonical, the equation holds", key, withR(littleEndian(prime + 1n)), false, true),
    signature("R = identity with the sign bit set, the equation holds", key, withR(littleEndian(1n, 1)), false, true),
    signature("R of order 8", key, withR(torsion.toBytes()), false, true),
    signature("S + L", key, concat(honest.subarray(0, 32), littleEndian(s + order)), false, true),
    signature("S = L", key, concat(honest.subarray(0, 32), littleEndian(order)), false, true),
    signature("S with the high bit set", key, concat(honest.subarray(0, 32), littleEndian(s, 1)), false, true),
    signature("A on no point of the curve", littleEndian(2n), honest, false, false),
    signature("R on no point of the curve", key, concat(littleEndian(2n), honest.subarray(32)), false, true),
    signature("signature a byte short", key, honest.subarray(0, 63), false, true),
    signature("signature a byte long", key, concat(honest, Uint8Array.of(0)), false, true),
    signature("A a byte short", key.subarray(0, 31), honest, false, false),
    signature("A a byte long", concat(key, Uint8Array.of(0)), honest, false, false),
  ];
}

const exchangePrivate = littleEndian(0x1122_3344_5566_7788_99aa_bbcc_ddee_ff00n);

/** X25519 by the Montgomery ladder on numbers, so that the vectors do not come from the code under test. */
function ladder(privateKey: Uint8Array, u: bigint): bigint {
  const clamped = privateKey.with(0, (privateKey[0] as number) & 248).with(31, ((privateKey[31] as number) & 127) | 64);
  const scalar = clamped.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const mod = (value: bigint): bigint => ((value % prime) + prime) % prime;
  let [x2, z2, x3, z3] = [1n, 0n, u, 1n];
  for (let bit = 254n; bit >= 0n; bit--) {
    const one = ((scalar >> bit) & 1n) === 1n;
    if (one) [x2, z2, x3, z3] = [x3, z3, x2, z2];
    const [a, b, c, d] = [mod(x2 + z2), mod(x2 - z2), mod(x3 + z3), mod(x3 - z3)];
    const [da, cb, aa, bb] = [mod(d * a), mod(c * b), mod(a * a), mod(b * b)];
    const e = mod(aa - bb);
    [x3, z3, x2, z2] = [mod((da + cb) ** 2n), mod(u * mod((da - cb) ** 2n)), mod(aa * bb), mod(e * (aa + 121_665n * e))];
    if (one) [x2, z2, x3, z3] = [x3, z3, x2, z2];
  }
  let inverse = 1n;
  for (let exponent = prime - 2n, base = z2; exponent > 0n; exponent >>= 1n, base = mod(base * base)) {
    if ((exponent & 1n) === 1n) inverse = mod(inverse * base);
  }
  return mod(x2 * inverse);
}

function exchange(name: string, u: bigint, highBit = 0): HostileExchange {
  const reduced = (u & ((1n << 255n) - 1n)) % prime;
  const shared = ladder(exchangePrivate, reduced);
  return {
    name,
    publicKey: hex(littleEndian(u, highBit)),
    canonical: hex(littleEndian(reduced)),
    shared: shared === 0n ? null : hex(littleEndian(shared)),
  };
}

function exchanges(): HostileExchange[] {
  const orderEight = 325606250916557431795983626356110631294008115727848805560023387167927233504n;
  const orderEightTwin = 39382357235489614581723060781553021112529911719440698176882885853963445705823n;
  const named: readonly (readonly [string, bigint])[] = [
    ["0", 0n],
    ["1", 1n],
    ["p - 1", prime - 1n],
    ["p", prime],
    ["p + 1", prime + 1n],
    ["order 8", orderEight],
    ["order 8, the other", orderEightTwin],
    ["p + 9", prime + 9n],
    ["p + 18, the largest", prime + 18n],
    ["9", 9n],
    ["p - 2", prime - 2n],
  ];
  return named.flatMap(([name, u]) => [exchange(name, u), exchange(`${name}, high bit set`, u, 1)]);
}

/** All of `hostile-keys.json`. */
export function makeHostileKeys(): {
  readonly description: string;
  readonly ed25519: readonly HostileSignature[];
  readonly x25519: { readonly privateKey: string; readonly exchanges: readonly HostileExchange[] };
} {
  return {
    description: "Keys and signatures about which Curve25519 libraries disagree, with the one verdict of SPEC.md §6 and §7.",
    ed25519: [...smallOrderKeys(), ...nonCanonicalKeys(), ...mixedOrderKeys(), ...forgedSignatures()],
    x25519: { privateKey: hex(exchangePrivate), exchanges: exchanges() },
  };
}
