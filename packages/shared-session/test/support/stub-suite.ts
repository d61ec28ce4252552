import { type CipherSuite, cipherSuite, concat, encodeBase32, equal, type Random, secret, u32, utf8 } from "@cweb/crypto";

/** 32 bytes that differ wherever the input does, as far as tests go: nothing here is secure. */
export function mix(...parts: readonly Uint8Array[]): Uint8Array {
  const state = new Uint32Array([0x9e3779b9, 0x243f6a88, 0xb7e15162, 0xdeadbeef, 0x8aed2a6b, 0x71574e69, 0x428a2f98, 0xb5c0fbcf]);
  const absorb = (word: number): void => {
    for (let i = 0; i < 8; i++) {
      const other = state[(i + 3) & 7] as number;
      state[i] = Math.imul((state[i] as number) ^ word ^ (other >>> 7), 0x85ebca6b + 2 * i) + other;
    }
  };
  for (const part of parts) {
    absorb(part.length + 1);
    const length = part.length > 512 ? trimmed(part) : part.length;
    for (let at = 0; at < length; at += 4) {
      absorb(((part[at] ?? 0) << 24) | ((part[at + 1] ?? 0) << 16) | ((part[at + 2] ?? 0) << 8) | (part[at + 3] ?? 0));
    }
  }
  for (let i = 0; i < 4; i++) absorb(i);
  return new Uint8Array(state.buffer.slice(0));
}

/** Padding says nothing new. */
function trimmed(part: Uint8Array): number {
  let end = part.length;
  while (end > 0 && part[end - 1] === 0) end--;
  return end;
}

function expand(seed: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  for (let at = 0, i = 0; at < length; at += 32, i++) out.set(mix(seed, Uint8Array.of(i)).subarray(0, Math.min(32, length - at)), at);
  return out;
}

/** Randomness that depends on nothing but its seed and how often it was asked: two orders of independent steps draw the same. */
export class CountedRandom implements Random {
  count = 0;
  readonly #seed: Uint8Array;

  constructor(seed: number) {
    this.#seed = utf8(`random ${seed}`);
  }

  bytes(length: number): Uint8Array {
    this.count += 1;
    return expand(mix(this.#seed, u32(this.count)), length);
  }
}

/** How often each primitive was used. */
export type Counts = Record<string, number>;

/** The suite's shape with arithmetic in the place of cryptography: a thousand schedules take seconds, and every use is counted. */
export function stubSuite(counts: Counts = {}): CipherSuite {
  const count = (name: string): void => {
    counts[name] = (counts[name] ?? 0) + 1;
  };
  const hash = (label: string, data: Uint8Array): Uint8Array => {
    count("hash");
    return mix(utf8(label), data);
  };
  const publicKeyOf = (seed: Uint8Array): Uint8Array => mix(utf8("public"), seed);
  const signature = (publicKey: Uint8Array, label: string, message: Uint8Array): Uint8Array =>
    expand(mix(publicKey, utf8(label), message), 64);
  return {
    ...cipherSuite,
    provider: "stub",
    hash,
    sha256: (data) => hash("sha256", data),
    mac: (key, data) => {
      count("mac");
      return secret(mix(key, data));
    },
    derive: (key, label, context, length) => {
      count("derive");
      return secret(expand(mix(utf8(label), key, context), length));
    },
    name: (key, context) => encodeBase32(mix(utf8("name"), key, context).subarray(0, 20)),
    seal: (label, key, ad, plaintext, random) => {
      count("seal");
      const salt = random.bytes(24);
      return concat(salt, mix(salt, utf8(label), key, ad, plaintext), new Uint8Array(16), plaintext);
    },
    open: (label, key, ad, sealed) => {
      count("open");
      const plaintext = sealed.slice(72);
      const isRight = sealed.length >= 72 && equal(sealed.subarray(24, 56), mix(sealed.subarray(0, 24), utf8(label), key, ad, plaintext));
      return isRight ? plaintext : undefined;
    },
    ed25519: {
      publicKey: publicKeyOf,
      isValidPublicKey: (key) => key.length === 32,
      sign: (seed, label, message) => {
        count("sign");
        return signature(publicKeyOf(seed), label, message);
      },
      verify: (key, label, message, given) => {
        count("verify");
        return equal(signature(key, label, message), given);
      },
    },
    x25519: {
      ...cipherSuite.x25519,
      agree: (privateKey, publicKey) => {
        count("agree");
        // Symmetric: both ends add up the same two public keys.
        const own = publicKeyOf(privateKey);
        return secret(mix(own.map((byte, i) => byte ^ (publicKey[i] as number))));
      },
    },
  };
}
