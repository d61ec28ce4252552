import type { CipherSuite } from "@cweb/crypto";
import { seededRandom } from "@cweb/crypto/testing";
import { commitToSeed, deriveIdentityKeys, descriptorPathOf, idOf, joinIdKeys } from "../src/core/identity-keys.ts";
import { encodeDescSeen, encodeId, type PublicProperties, safetyNumber } from "../src/index.ts";
import { encodeCard } from "../src/wire/card.ts";
import { type DescriptorBody, descriptorBody, signDescriptor } from "../src/wire/descriptor.ts";

export const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const fill = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);

export interface Vectors {
  readonly identity: Readonly<Record<string, string>>;
  readonly ids: readonly { readonly bytes: string; readonly text: string }[];
  readonly cards: readonly { readonly id: string; readonly profile: string; readonly minSeq: number; readonly text: string }[];
  readonly descriptor: Readonly<Record<string, unknown>>;
  readonly safetyNumbers: readonly { readonly a: string; readonly b: string; readonly digits: string }[];
  readonly descSeen: { readonly seq: number; readonly hash: string; readonly rider: string };
}

const properties: PublicProperties = new Map<string, string | number | Uint8Array>([
  ["nickname", "Bob"],
  ["age", 42],
  ["avatar", fill(3, 7)],
]);

function descriptorOf(crypto: CipherSuite, idKeys: Uint8Array): DescriptorBody {
  const random = seededRandom(1);
  return {
    version: 1,
    suite: 1,
    idKeys,
    seq: 1_795_000_000_003,
    issuedAt: 1_795_000_000_000,
    expiresAt: 1_796_209_600_000,
    incarnation: 1_795_000_000_001,
    gen: 1_795_000_000_002,
    oldestGen: 1_795_000_000_002,
    signedPrekey: crypto.x25519.generate(random).publicKey,
    kemPrekey: crypto.mlKem768.generate(random).publicKey,
    broadcastKey: crypto.hpke.generate(random).publicKey,
    slotBits: 3,
    profile: fill(20, 9),
    publicProperties: properties,
    prevSeq: 0,
    prevHash: fill(32, 0),
    successor: null,
  };
}

/** All vectors of SPEC §12, computed by this implementation over any suite. */
export function makeVectors(crypto: CipherSuite): Vectors {
  const seed = fill(32, 1);
  const nextSeed = fill(32, 2);
  const keys = deriveIdentityKeys(crypto, seed);
  const nextIdCommit = commitToSeed(crypto, nextSeed);
  const idKeys = joinIdKeys({ signingKey: keys.signing.publicKey, identityKey: keys.agreement.publicKey, nextIdCommit });
  const id = idOf(crypto, idKeys);
  const other = fill(32, 0xab);
  const fields = descriptorOf(crypto, idKeys);
  const body = descriptorBody.encode(fields);
  return {
    identity: {
      seed: hex(seed),
      nextSeed: hex(nextSeed),
      signingPublicKey: hex(keys.signing.publicKey),
      agreementPublicKey: hex(keys.agreement.publicKey),
      nextIdCommit: hex(nextIdCommit),
      id: hex(id),
      descriptorPath: descriptorPathOf(crypto, id),
      beaconPath: keys.beacon.path,
      beaconKey: hex(keys.beacon.key),
    },
    ids: [id, other, fill(32, 0), fill(32, 0xff)].map((bytes) => ({ bytes: hex(bytes), text: encodeId(bytes) })),
    cards: [
      { idBytes: id, profile: fill(20, 9), minSeq: 1_795_000_000_003 },
      { idBytes: other, profile: fill(0, 0), minSeq: 0 },
    ].map((card) => ({ id: hex(card.idBytes), profile: hex(card.profile), minSeq: card.minSeq, text: encodeCard(card) })),
    descriptor: {
      ...Object.fromEntries(
        Object.entries(fields).map(([name, field]) => [
          name,
          field instanceof Uint8Array ? hex(field) : field instanceof Map ? asJson(field) : field,
        ]),
      ),
      body: hex(body),
      bodyHash: hex(crypto.sha256(body)),
      object: hex(signDescriptor(crypto, keys.signing.privateKey, body)),
    },
    safetyNumbers: [
      { a: hex(id), b: hex(other), digits: safetyNumber(id, other, crypto) },
      { a: hex(other), b: hex(id), digits: safetyNumber(other, id, crypto) },
    ],
    descSeen: { seq: 5, hash: hex(fill(32, 3)), rider: hex(encodeDescSeen({ seq: 5, hash: fill(32, 3) })) },
  };
}

const asJson = (map: PublicProperties): readonly (readonly [string, unknown])[] =>
  [...map].map(([name, value]) => [name, value instanceof Uint8Array ? { bin: hex(value) } : value]);
