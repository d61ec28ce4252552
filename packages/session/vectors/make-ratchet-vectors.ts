import { type CipherSuite, type KeyPair, type PqxdhContext, type Random, u8, utf8 } from "@cweb/crypto";
import { seededRandom } from "@cweb/crypto/testing";
import { acceptRatchet, decrypt, type Encrypted, encrypt, expectedName, initiateRatchet, type RatchetState } from "../src/core.ts";
import { bodyCodec } from "../src/wire/body.ts";

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Notes what was drawn, so that another implementation can draw the same. */
function notedRandom(seed: number): { readonly random: Random; taken(): readonly string[] } {
  const source = seededRandom(seed);
  let drawn: string[] = [];
  const random: Random = {
    bytes: (length) => {
      const bytes = source.bytes(length);
      drawn.push(hex(bytes));
      return bytes;
    },
  };
  return {
    random,
    taken: () => {
      const all = drawn;
      drawn = [];
      return all;
    },
  };
}

const body = (seq: number, ack: number, text: string): Uint8Array =>
  bodyCodec.encode({
    seq,
    ack,
    missing: [],
    lost: [],
    initFloor: 5,
    sentAt: 1_767_225_600_000,
    kind: 2,
    messageId: new Uint8Array(16).fill(seq),
    riders: seq === 2 ? [{ kind: 1, bytes: u8(7) }] : [],
    payload: utf8(text),
  });

/** A whole conversation from fixed randomness: who sends, what was drawn, and all that comes out. */
export function makeRatchetVectors(crypto: CipherSuite): object {
  const noted = notedRandom(2026);
  const { random } = noted;
  const [alice, bob, signedPrekey] = [0, 1, 2].map(() => crypto.x25519.generate(random)) as [KeyPair, KeyPair, KeyPair];
  const kemPrekey = crypto.mlKem768.generate(random);
  const context: PqxdhContext = {
    initiatorId: new Uint8Array(32).fill(1),
    responderId: new Uint8Array(32).fill(2),
    generation: 11,
    kind: 0,
    initSeq: 5,
    sawSeq: 3,
    initiatorIncarnation: 1,
    responderIncarnation: 2,
  };
  noted.taken();
  const prekeys = { identityKey: bob.publicKey, signedPrekey: signedPrekey.publicKey, kemPrekey: kemPrekey.publicKey };
  const sent = crypto.pqxdh.initiate({ identity: alice }, prekeys, context, random);
  const opening = {
    identityKey: alice.publicKey,
    ephemeralKey: sent?.ephemeralKey as Uint8Array,
    ciphertext: sent?.ciphertext as Uint8Array,
  };
  const got = crypto.pqxdh.respond({ identity: bob, signedPrekey, kemPrekey }, opening, context);
  if (!sent || !got) throw new Error("no handshake");
  noted.taken();

  const messages: object[] = [];
  const describe = (from: string, plain: Uint8Array, { name, object }: Encrypted): void => {
    messages.push({ from, random: noted.taken(), body: hex(plain), name: name ?? null, object: hex(object) });
  };
  const firstBody = body(1, 0, "first");
  const zero = encrypt(initiateRatchet(crypto, sent, signedPrekey.publicKey), firstBody, { crypto, random });
  describe("initiator", firstBody, zero);
  const accepted = acceptRatchet(got, (key) => crypto.x25519.agree(signedPrekey.privateKey, key), zero.object, { crypto });
  if (!accepted) throw new Error("not accepted");

  const states: { a: RatchetState; b: RatchetState } = { a: zero.state, b: accepted.state };
  const turn = (from: "a" | "b", seq: number, ack: number, text: string): void => {
    const to = from === "a" ? "b" : "a";
    const plain = body(seq, ack, text);
    const message = encrypt(states[from], plain, { crypto, random });
    if (message.name !== expectedName(crypto, states[to])) throw new Error("not the expected name");
    const opened = decrypt(states[to], message.name, message.object, { crypto });
    if (!opened) throw new Error("not opened");
    states[from] = message.state;
    states[to] = opened.state;
    describe(from === "a" ? "initiator" : "responder", plain, message);
  };
  turn("a", 2, 0, "behind the first");
  turn("b", 1, 2, "an answer");
  turn("b", 2, 2, "x".repeat(1600));
  turn("a", 3, 2, "the next chain, under the old one's next name");
  return {
    about: "Cweb session 1: a conversation. All bytes in hexadecimal; `random` is drawn in this order (SPEC §3 to §7).",
    sharedKey: hex(sent.sharedKey),
    sessionId: hex(sent.sessionId),
    signedPrekey: { privateKey: hex(signedPrekey.privateKey), publicKey: hex(signedPrekey.publicKey) },
    messages,
  };
}
