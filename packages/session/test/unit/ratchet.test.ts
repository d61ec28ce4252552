import { type CipherSuite, cipherSuite as crypto, utf8 } from "@cweb/crypto";
import { nobleSuite } from "@cweb/crypto/noble";
import { seededRandom } from "@cweb/crypto/testing";
import { describe, expect, test } from "vitest";
import { acceptRatchet, bodyRoom, decrypt, type Encrypted, encrypt, expectedName, type RatchetState } from "../../src/core.ts";
import { decodeHeader } from "../../src/wire/header.ts";
import { establish, throughCodec } from "../support/pair.ts";

const random = seededRandom(7);
const tools = { crypto, random };

/** Sends from one to the other by the one expected name; states go through their records. */
function pass(from: RatchetState, to: RatchetState, text: string): { from: RatchetState; to: RatchetState; sent: Encrypted } {
  const sent = encrypt(from, utf8(text), tools);
  expect(sent.name).toBe(expectedName(crypto, to));
  const got = decrypt(to, sent.name as string, sent.object, tools);
  expect(got?.body).toEqual(utf8(text));
  return { from: throughCodec(sent.state), to: throughCodec((got as NonNullable<typeof got>).state), sent };
}

/** `count` messages of one chain. */
function chainOf(from: RatchetState, count: number): readonly Encrypted[] {
  const sent: Encrypted[] = [];
  for (let i = 0; i < count; i++) sent.push(encrypt(sent.at(-1)?.state ?? from, utf8(`late ${i}`), tools));
  return sent;
}

/** A suite that writes another header than the ratchet says. */
function forging(change: (header: Uint8Array) => void): CipherSuite {
  const seal: typeof crypto.seal = (label, key, context, plain, source) => {
    const forged = plain.slice();
    if (label === "dr/hdr") change(forged);
    return crypto.seal(label, key, context, forged, source);
  };
  return { ...crypto, seal };
}

const setU32 = (bytes: Uint8Array, at: number, value: number): void => new DataView(bytes.buffer, bytes.byteOffset).setUint32(at, value);
const previousLengthAt = 2304;
const numberAt = 2308;

describe("ratchet", () => {
  test("turns in both directions, always under the one expected name", () => {
    const pair = establish(random);
    let { initiator: a, responder: b } = pair;
    expect(pair.first).toEqual(utf8("first"));
    for (let turn = 0; turn < 4; turn++) {
      for (let i = 0; i <= turn; i++) ({ from: b, to: a } = pass(b, a, `b ${turn} ${i}`));
      for (let i = 0; i <= turn; i++) ({ from: a, to: b } = pass(a, b, `a ${turn} ${i}`));
    }
  });

  test("opens messages that come late, each once", () => {
    const { initiator, responder } = establish(random);
    const [one, two, three] = chainOf(initiator, 3) as [Encrypted, Encrypted, Encrypted];
    const got = decrypt(responder, three.name as string, three.object, tools);
    expect(got?.passedOver).toEqual([one.name, two.name]);
    const late = decrypt(got?.state as RatchetState, one.name as string, one.object, tools);
    expect(late?.body).toEqual(utf8("late 0"));
    expect(decrypt(late?.state as RatchetState, one.name as string, one.object, tools)).toBeUndefined();
  });

  test("M5: a reflected message is not opened", () => {
    const { initiator, responder } = establish(random);
    const sent = encrypt(responder, utf8("to a"), tools);
    expect(decrypt(sent.state, sent.name as string, sent.object, tools)).toBeUndefined();
    expect(decrypt(initiator, sent.name as string, sent.object, tools)).toBeDefined();
  });

  test("each message repeats its chain's header", () => {
    const { initiator, responder } = establish(random);
    const headers: Uint8Array[] = [];
    const seal: typeof crypto.seal = (label, key, context, plain, source) => {
      if (label === "dr/hdr") headers.push(plain.slice());
      return crypto.seal(label, key, context, plain, source);
    };
    let state = responder;
    for (let i = 0; i < 3; i++) state = encrypt(state, utf8("x"), { crypto: { ...crypto, seal }, random }).state;
    const decoded = headers.map((header) => decodeHeader(header));
    expect(decoded.map((header) => header?.n)).toEqual([0, 1, 2]);
    expect(new Set(decoded.map((header) => JSON.stringify(header?.chain))).size).toBe(1);
    // One that says anything else of its chain is refused.
    const first = encrypt(responder, utf8("one"), tools);
    const read = decrypt(initiator, first.name as string, first.object, tools)?.state as RatchetState;
    for (const at of [0, 40, 1300, previousLengthAt + 3]) {
      const changed = encrypt(first.state, utf8("two"), {
        crypto: forging((header) => header.fill((header[at] ?? 0) ^ 1, at, at + 1)),
        random,
      });
      expect(decrypt(read, changed.name as string, changed.object, tools)).toBeUndefined();
    }
  });

  test("a jump beyond 1,000 messages is refused", () => {
    const { initiator, responder } = establish(random);
    const far = encrypt(initiator, utf8("far"), { crypto: forging((header) => setU32(header, numberAt, 2 ** 32 - 1)), random });
    expect(decrypt(responder, far.name as string, far.object, tools)).toBeUndefined();
    const sent = chainOf(initiator, 1002);
    const within = sent[1000] as Encrypted;
    const beyond = sent[1001] as Encrypted;
    expect(decrypt(responder, within.name as string, within.object, tools)?.passedOver.length).toBe(1000);
    expect(decrypt(responder, beyond.name as string, beyond.object, tools)).toBeUndefined();
  });

  test("a chain that claims a length which its place contradicts is refused", () => {
    const { initiator, responder } = establish(random);
    const reply = encrypt(responder, utf8("reply"), tools);
    const answered = decrypt(initiator, reply.name as string, reply.object, tools)?.state as RatchetState;
    for (const length of [0, 2, 1005, 2 ** 32 - 1]) {
      const forged = encrypt(answered, utf8("next chain"), {
        crypto: forging((header) => setU32(header, previousLengthAt, length)),
        random,
      });
      expect(decrypt(reply.state, forged.name as string, forged.object, tools), String(length)).toBeUndefined();
    }
    const right = encrypt(answered, utf8("next chain"), tools);
    expect(decrypt(reply.state, right.name as string, right.object, tools)?.previousLength).toBe(1);
  });

  test("hostile ratchet keys are refused before anything is changed", () => {
    const { initiator, responder } = establish(random);
    const smallOrder = new Uint8Array(32);
    const notReduced = new Uint8Array(1184).fill(0xff);
    for (const suite of [crypto, nobleSuite]) {
      for (const [at, bytes] of [
        [0, smallOrder],
        [32, notReduced],
      ] as const) {
        const forged = encrypt(responder, utf8("hostile"), { crypto: forging((header) => header.set(bytes, at)), random });
        expect(decrypt(initiator, forged.name as string, forged.object, { crypto: suite })).toBeUndefined();
      }
    }
  });

  test("objects of any other length are refused", () => {
    const { initiator, responder } = establish(random);
    const { name, object } = encrypt(initiator, utf8("x"), tools);
    for (const length of [0, 1, 2384, 2456, 4095])
      expect(decrypt(responder, name as string, object.subarray(0, length), tools)).toBeUndefined();
    for (const length of [4097, 8192, 65_536, 65_537]) {
      const longer = new Uint8Array(length);
      longer.set(object);
      expect(decrypt(responder, name as string, longer, tools)).toBeUndefined();
    }
  });

  test("the size classes hold what the SPEC says", () => {
    const { initiator } = establish(random);
    for (const size of [4096, 8192, 16_384, 32_768, 65_536]) {
      expect(encrypt(initiator, new Uint8Array(bodyRoom(size)), tools).object.length).toBe(size);
      if (size < 65_536) expect(encrypt(initiator, new Uint8Array(bodyRoom(size) + 1), tools).object.length).toBe(2 * size);
      else expect(() => encrypt(initiator, new Uint8Array(bodyRoom(size) + 1), tools)).toThrow(RangeError);
    }
    expect(bodyRoom(65_536)).toBe(63_076);
  });

  test("an initial message of any other bytes is not accepted", () => {
    const handshake = { sharedKey: random.bytes(32), sessionId: random.bytes(32) } as unknown as Parameters<typeof acceptRatchet>[0];
    const agree = (key: Uint8Array): Uint8Array | undefined => crypto.x25519.agree(crypto.x25519.generate(random).privateKey, key);
    for (const length of [0, 1, 71, 1296, 1368, 1754]) expect(acceptRatchet(handshake, agree, random.bytes(length), tools)).toBeUndefined();
  });
});
