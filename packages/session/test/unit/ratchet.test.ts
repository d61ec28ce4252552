import { cipherSuite as crypto, type KeyPair, type PqxdhContext, utf8 } from "@cweb/crypto";
import { seededRandom } from "@cweb/crypto/testing";
import { describe, expect, test } from "vitest";
import { ratchetCodec } from "../../src/core/state-codec.ts";
import { acceptRatchet, decrypt, type Encrypted, encrypt, expectedName, initiateRatchet, type RatchetState } from "../../src/core.ts";

const random = seededRandom(7);
const tools = { crypto, random };

interface Pair {
  a: RatchetState;
  b: RatchetState;
  readonly first: Uint8Array;
}

function establish(): Pair {
  const alice = crypto.x25519.generate(random);
  const bob = crypto.x25519.generate(random);
  const signedPrekey = crypto.x25519.generate(random);
  const kemPrekey: KeyPair = crypto.mlKem768.generate(random);
  const context: PqxdhContext = {
    initiatorId: new Uint8Array(32).fill(1),
    responderId: new Uint8Array(32).fill(2),
    generation: 1,
    kind: 0,
    initSeq: 1,
    sawSeq: 0,
    initiatorIncarnation: 1,
    responderIncarnation: 1,
  };
  const sent = crypto.pqxdh.initiate(
    { identity: alice },
    { identityKey: bob.publicKey, signedPrekey: signedPrekey.publicKey, kemPrekey: kemPrekey.publicKey },
    context,
    random,
  );
  const got = crypto.pqxdh.respond(
    { identity: bob, signedPrekey, kemPrekey },
    { identityKey: alice.publicKey, ephemeralKey: sent!.ephemeralKey, ciphertext: sent!.ciphertext },
    context,
  );
  const zero = encrypt(initiateRatchet(crypto, sent!, signedPrekey.publicKey), utf8("first"), tools);
  expect(zero.name).toBeUndefined();
  const accepted = acceptRatchet(got!, (key) => crypto.x25519.agree(signedPrekey.privateKey, key), zero.object, tools);
  expect(accepted).toBeDefined();
  return { a: zero.state, b: accepted!.state, first: accepted!.body };
}

/** Sends from one to the other by the one expected name; states go through their records. */
function pass(from: RatchetState, to: RatchetState, text: string): { from: RatchetState; to: RatchetState; sent: Encrypted } {
  const sent = encrypt(from, utf8(text), tools);
  expect(sent.name).toBe(expectedName(crypto, to));
  const got = decrypt(to, sent.name as string, sent.object, tools);
  expect(got?.body).toEqual(utf8(text));
  return { from: ratchetCodec.decode(ratchetCodec.encode(sent.state)), to: ratchetCodec.decode(ratchetCodec.encode(got!.state)), sent };
}

describe("ratchet", () => {
  test("turns in both directions, always under the one expected name", () => {
    let { a, b, first } = establish();
    expect(first).toEqual(utf8("first"));
    for (let turn = 0; turn < 4; turn++) {
      for (let i = 0; i <= turn; i++) ({ from: b, to: a } = pass(b, a, `b ${turn} ${i}`));
      for (let i = 0; i <= turn; i++) ({ from: a, to: b } = pass(a, b, `a ${turn} ${i}`));
    }
  });

  test("opens messages that come late, each once", () => {
    const { a, b } = establish();
    const sent: Encrypted[] = [];
    for (let i = 0; i < 3; i++) sent.push(encrypt(sent.at(-1)?.state ?? a, utf8(`late ${i}`), tools));
    const [one, two, three] = sent;
    const got = decrypt(b, three!.name!, three!.object, tools);
    expect(got?.passedOver).toEqual([one!.name, two!.name]);
    const late = decrypt(got!.state, one!.name!, one!.object, tools);
    expect(late?.body).toEqual(utf8("late 0"));
    expect(decrypt(late!.state, one!.name!, one!.object, tools)).toBeUndefined();
  });

  test("M5: a reflected message is not opened", () => {
    const { a, b } = establish();
    const sent = encrypt(b, utf8("to a"), tools);
    expect(decrypt(sent.state, sent.name!, sent.object, tools)).toBeUndefined();
    expect(decrypt(a, sent.name!, sent.object, tools)).toBeDefined();
  });
});
