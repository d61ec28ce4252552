import { concat, utf8 } from "../src/bytes.ts";
import type { CipherSuite, PqxdhContext } from "../src/cipher-suite.ts";
import { aesSealLabels, chachaSealLabels, deriveLabels, hashLabels, publicNameLabels, signLabels } from "../src/labels.ts";
import { secret } from "../src/secret.ts";
import { hex } from "./hex.ts";
import { scriptedRandom } from "./scripted-random.ts";

type Vector = Record<string, string | number>;
export type SuiteVectors = Record<string, string | readonly Vector[]>;

/** Bytes that look different everywhere and can be made in any language: SHA-256 of the name, repeated. */
function filler(suite: CipherSuite, name: string, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let offset = 0, block = suite.sha256(utf8(name)); offset < length; offset += 32, block = suite.sha256(block)) {
    bytes.set(block.subarray(0, length - offset), offset);
  }
  return bytes;
}

function sealVectors(suite: CipherSuite): Vector[] {
  return [...chachaSealLabels, ...aesSealLabels].map((label, i) => {
    const key = filler(suite, `seal key ${label}`, 32);
    const associatedData = filler(suite, `seal ad ${label}`, 7 * i);
    const plaintext = filler(suite, `seal plaintext ${label}`, 33 * i);
    const salt = filler(suite, `seal salt ${label}`, 24);
    const sealed = suite.seal(label, key, associatedData, plaintext, scriptedRandom(salt));
    return { label, key: hex(key), associatedData: hex(associatedData), plaintext: hex(plaintext), salt: hex(salt), sealed: hex(sealed) };
  });
}

function hpkeVectors(suite: CipherSuite): Vector[] {
  const seed = filler(suite, "hpke seed", 32);
  const publicKey = suite.hpke.publicKey(seed);
  const info = concat(utf8("cweb/v1/hpke\0"), filler(suite, "hpke owner", 32), Uint8Array.of(3, 0, 5));
  const random = filler(suite, "hpke random", 64);
  const associatedData = filler(suite, "hpke ad", 5);
  const plaintext = filler(suite, "hpke plaintext", 100);
  const sender = suite.hpke.setupSender(publicKey, info, scriptedRandom(random));
  if (sender === undefined) throw new Error("the vector's public key was refused");
  const ciphertext = sender.seal(associatedData, plaintext);
  const exported = sender.export(utf8("cweb/v1/slot-com"), 32);
  return [
    {
      ...{ seed: hex(seed), publicKey: hex(publicKey), info: hex(info), random: hex(random), enc: hex(sender.enc) },
      ...{ associatedData: hex(associatedData), plaintext: hex(plaintext), ciphertext: hex(ciphertext) },
      ...{ exportContext: hex(utf8("cweb/v1/slot-com")), exported: hex(exported) },
    },
  ];
}

function pqxdhVectors(suite: CipherSuite): Vector[] {
  const initiator = filler(suite, "initiator identity", 32);
  const responder = filler(suite, "responder identity", 32);
  const signedPrekey = filler(suite, "signed prekey", 32);
  const kemPrekey = filler(suite, "KEM prekey", 64);
  const random = filler(suite, "pqxdh random", 64);
  const initiatorId = filler(suite, "initiator id", 32);
  const responderId = filler(suite, "responder id", 32);
  const numbers = {
    ...{ generation: 1_790_000_000_000, kind: 1, initSeq: 1_790_000_000_001, sawSeq: 0 },
    ...{ initiatorIncarnation: 1_780_000_000_002, responderIncarnation: 2 ** 53 - 1 },
  };
  const context: PqxdhContext = { initiatorId, responderId, ...numbers };
  const result = suite.pqxdh.initiate(
    { identity: { privateKey: secret(initiator), publicKey: suite.x25519.publicKey(initiator) } },
    {
      identityKey: suite.x25519.publicKey(responder),
      signedPrekey: suite.x25519.publicKey(signedPrekey),
      kemPrekey: suite.mlKem768.publicKey(kemPrekey),
    },
    context,
    scriptedRandom(random),
  );
  if (result === undefined) throw new Error("the vector's keys were refused");
  return [
    {
      ...{
        initiatorIdentity: hex(initiator),
        responderIdentity: hex(responder),
        signedPrekey: hex(signedPrekey),
        kemPrekey: hex(kemPrekey),
      },
      ...{ random: hex(random), initiatorId: hex(initiatorId), responderId: hex(responderId), ...numbers },
      ...{ ephemeralKey: hex(result.ephemeralKey), ciphertext: hex(result.ciphertext), associatedData: hex(result.associatedData) },
      ...{ sharedKey: hex(result.sharedKey), sessionId: hex(result.sessionId) },
    },
  ];
}

/** All of `suite.json`, by any provider: the same text from each. */
export function makeSuiteVectors(suite: CipherSuite): SuiteVectors {
  const input = filler(suite, "input", 45);
  const key = filler(suite, "key", 32);
  const salt = filler(suite, "salt", 32);
  const context = filler(suite, "context", 9);
  const common = { input: hex(input), key: hex(key), context: hex(context) };
  return {
    description: "SPEC.md of @cweb/crypto. Bytes are lower-case hexadecimal. `random`: the bytes drawn, in order.",
    hash: hashLabels.map((label) => ({ label, input: common.input, hash: hex(suite.hash(label, input)) })),
    safety: [{ input: common.input, hash: hex(suite.safetyHash(input)) }],
    publicName: publicNameLabels.map((label) => ({ label, input: common.input, name: suite.publicName(label, input) })),
    name: [{ key: common.key, context: common.context, name: suite.name(key, context) }],
    derive: deriveLabels.map((label, i) => ({
      ...{ label, key: common.key, context: common.context, length: 16 * i + 1 },
      output: hex(suite.derive(key, label, context, 16 * i + 1)),
    })),
    extractAndExpand: [
      {
        ...{ salt: hex(salt), key: common.key, label: "dr/root", context: common.context, length: 128 },
        output: hex(suite.extractAndExpand(salt, key, "dr/root", context, 128)),
      },
    ],
    sign: signLabels.map((label) => ({
      ...{ label, seed: common.key, publicKey: hex(suite.ed25519.publicKey(key)), input: common.input },
      signature: hex(suite.ed25519.sign(key, label, input)),
    })),
    seal: sealVectors(suite),
    hpke: hpkeVectors(suite),
    pqxdh: pqxdhVectors(suite),
  };
}
