import { type CipherSuite, pad, type Random, sealOverhead } from "@cweb/crypto";
import { codec, nullable, tuple, u64, value } from "@cweb/serialization";
import { beaconSize, sealBeacon } from "../src/core/beacon.ts";

export const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

const nothing = new Uint8Array();
const seed = Uint8Array.from({ length: 32 }, (_, i) => i);
const id = new Uint8Array(32).fill(0xaa);

interface Case {
  readonly name: string;
  readonly incarnation: number;
  readonly commit: number;
  readonly lastTick: number;
  readonly salt: string;
  readonly sealed: string;
}

export interface Vectors {
  readonly seed: string;
  readonly id: string;
  readonly beaconKey: string;
  readonly beaconName: string;
  readonly beacons: readonly Case[];
  readonly refused: readonly { readonly name: string; readonly sealed: string }[];
}

/** SEAL draws its salt and nothing else. */
const salted = (byte: number): Random => ({ bytes: (length) => new Uint8Array(length).fill(byte) });

const beacons = [
  { name: "the first of a new home", incarnation: 1, commit: 1, lastTick: 1, salt: 0x01 },
  { name: "of a home with a proved clock", incarnation: 1_795_000_000_001, commit: 70_000, lastTick: 1_795_000_123_456, salt: 0x02 },
  { name: "the greatest counters", incarnation: 2 ** 53 - 1, commit: 2 ** 53 - 1, lastTick: 2 ** 53 - 1, salt: 0x03 },
];

export function makeVectors(crypto: CipherSuite): Vectors {
  const key = crypto.derive(seed, "beacon/enc", nothing, 32);
  const sealedWith = (plain: Uint8Array): Uint8Array => crypto.seal("beacon", key, id, plain, salted(9));
  const inner = beaconSize - sealOverhead;
  const any = codec(value, { maxBytes: 64 });
  const three = codec(tuple(u64, u64, u64), { maxBytes: 64 }).encode([1, 1, 1]);
  const dirty = pad(three, inner);
  dirty[inner - 1] = 1;
  const altered = sealedWith(pad(three, inner));
  altered[4000] = (altered[4000] ?? 0) ^ 1;
  const refused: readonly (readonly [string, Uint8Array])[] = [
    ["one byte shorter", sealedWith(pad(three, inner)).subarray(1)],
    ["one bit altered", altered],
    ["sealed for another id", crypto.seal("beacon", key, new Uint8Array(32), pad(three, inner), salted(9))],
    ["filled with something else than zeros", sealedWith(dirty)],
    ["two counters", sealedWith(pad(codec(tuple(u64, u64), { maxBytes: 64 }).encode([1, 1]), inner))],
    ["a fourth field", sealedWith(pad(codec(tuple(u64, u64, u64, nullable(u64)), { maxBytes: 64 }).encode([1, 1, 1, null]), inner))],
    ["counters that are not 8 bytes", sealedWith(pad(any.encode([1, 1, 1]), inner))],
  ];
  return {
    seed: hex(seed),
    id: hex(id),
    beaconKey: hex(key),
    beaconName: crypto.name(crypto.derive(seed, "beacon/name", nothing, 32), nothing),
    beacons: beacons.map(({ salt, ...said }) => {
      const sealed = sealBeacon({ crypto, id, key }, said, salted(salt));
      return { ...said, salt: hex(new Uint8Array(24).fill(salt)), sealed: hex(sealed) };
    }),
    refused: refused.map(([name, sealed]) => ({ name, sealed: hex(sealed) })),
  };
}
