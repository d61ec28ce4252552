// The session's core alone: pure functions, both sides in one process, no persistence. Messages carry 100 bytes.
import { type CipherSuite, type KeyPair, type PqxdhContext, type Random, systemRandom, utf8 } from "@cweb/crypto";
import { nobleSuite } from "@cweb/crypto/noble";
import { nodeSuite } from "@cweb/crypto/node";
import { acceptRatchet, decrypt, type Encrypted, encrypt, initiateRatchet, type RatchetState } from "../src/core.ts";

const text = utf8("x".repeat(100));
const suites: Readonly<Record<string, CipherSuite>> = { node: nodeSuite, noble: nobleSuite };

interface Tools {
  readonly crypto: CipherSuite;
  readonly random: Random;
}

interface Pair {
  a: RatchetState;
  b: RatchetState;
}

/** Two long-lived identities and one published prekey generation. */
function peers({ crypto, random }: Tools): () => Pair {
  const [alice, bob, signedPrekey] = [0, 1, 2].map(() => crypto.x25519.generate(random)) as [KeyPair, KeyPair, KeyPair];
  const kemPrekey = crypto.mlKem768.generate(random);
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
  const prekeys = { identityKey: bob.publicKey, signedPrekey: signedPrekey.publicKey, kemPrekey: kemPrekey.publicKey };
  return () => {
    const sent = crypto.pqxdh.initiate({ identity: alice }, prekeys, context, random);
    if (!sent) throw new Error("no handshake");
    const { ephemeralKey, ciphertext } = sent;
    const got = crypto.pqxdh.respond(
      { identity: bob, signedPrekey, kemPrekey },
      { identityKey: alice.publicKey, ephemeralKey, ciphertext },
      context,
    );
    const zero = encrypt(initiateRatchet(crypto, sent, signedPrekey.publicKey), text, { crypto, random });
    const first = got && acceptRatchet(got, (key) => crypto.x25519.agree(signedPrekey.privateKey, key), zero.object, { crypto });
    if (!first) throw new Error("not accepted");
    return { a: zero.state, b: first.state };
  };
}

function open(state: RatchetState, { name, object }: Encrypted, tools: Tools): RatchetState {
  const got = decrypt(state, name as string, object, tools);
  if (!got) throw new Error("not opened");
  return got.state;
}

function pingPong(pair: Pair, turns: number, tools: Tools): void {
  for (let i = 0; i < turns; i++) {
    const [from, to] = i % 2 === 0 ? (["b", "a"] as const) : (["a", "b"] as const);
    const sent = encrypt(pair[from], text, tools);
    pair[from] = sent.state;
    pair[to] = open(pair[to], sent, tools);
  }
}

/** `count` messages one way, opened in the order that `arrange` gives them. */
function burst(pair: Pair, count: number, arrange: (sent: Encrypted[]) => Encrypted[], tools: Tools): void {
  pingPong(pair, 2, tools);
  const sent: Encrypted[] = [];
  for (let i = 0; i < count; i++) {
    const one = encrypt(pair.a, text, tools);
    pair.a = one.state;
    sent.push(one);
  }
  for (const one of arrange(sent)) pair.b = open(pair.b, one, tools);
}

/** The same work with every provider; the slower one does less of it in a round. */
function withEach(work: (tools: Tools, establish: () => Pair, scale: number) => () => number): () => Record<string, () => number> {
  return () =>
    Object.fromEntries(
      Object.entries(suites).map(([name, crypto]) => {
        const tools = { crypto, random: systemRandom };
        return [name, work(tools, peers(tools), name === "noble" ? 0.1 : 1)];
      }),
    );
}

const count = 1000;

export const benches = [
  {
    title: "set-up: PQXDH on both sides and message 0",
    unit: "sessions",
    contestants: withEach((_tools, establish, scale) => () => {
      const rounds = Math.round(200 * scale);
      for (let i = 0; i < rounds; i++) establish();
      return rounds;
    }),
  },
  {
    title: "ping-pong: each message turns the ratchet",
    unit: "messages",
    contestants: withEach((tools, establish, scale) => {
      const pair = establish();
      return () => {
        const turns = Math.round(400 * scale) * 2;
        pingPong(pair, turns, tools);
        return turns;
      };
    }),
  },
  {
    title: `burst: ${count} messages one way`,
    unit: "messages",
    contestants: withEach((tools, establish) => () => {
      burst(establish(), count, (sent) => sent, tools);
      return count;
    }),
  },
  {
    title: `reverse: ${count} messages one way, opened from the last to the first`,
    unit: "messages",
    contestants: withEach((tools, establish) => () => {
      burst(establish(), count, (sent) => [...sent.reverse()], tools);
      return count;
    }),
  },
];
