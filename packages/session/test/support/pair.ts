import { type CipherSuite, cipherSuite, type KeyPair, type PqxdhContext, type Random, utf8 } from "@cweb/crypto";
import { acceptRatchet, encrypt, initiateRatchet, type RatchetState, ratchetCodec } from "../../src/core.ts";

/** Two ratchets right after message 0. */
export interface Pair {
  readonly initiator: RatchetState;
  readonly responder: RatchetState;
  readonly first: Uint8Array;
}

export const throughCodec = (state: RatchetState): RatchetState => ratchetCodec.decode(ratchetCodec.encode(state));

export function establish(random: Random, crypto: CipherSuite = cipherSuite): Pair {
  const tools = { crypto, random };
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
  const prekeys = { identityKey: bob.publicKey, signedPrekey: signedPrekey.publicKey, kemPrekey: kemPrekey.publicKey };
  const sent = crypto.pqxdh.initiate({ identity: alice }, prekeys, context, random);
  const got =
    sent &&
    crypto.pqxdh.respond(
      { identity: bob, signedPrekey, kemPrekey },
      { identityKey: alice.publicKey, ephemeralKey: sent.ephemeralKey, ciphertext: sent.ciphertext },
      context,
    );
  if (!sent || !got) throw new Error("the handshake of the test fails");
  const zero = encrypt(initiateRatchet(crypto, sent, signedPrekey.publicKey), utf8("first"), tools);
  const accepted = acceptRatchet(got, (key) => crypto.x25519.agree(signedPrekey.privateKey, key), zero.object, tools);
  if (!accepted) throw new Error("message 0 of the test is not accepted");
  return { initiator: throughCodec(zero.state), responder: throughCodec(accepted.state), first: accepted.body };
}
