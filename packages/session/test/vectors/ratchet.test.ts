import { cipherSuite, type PqxdhResult } from "@cweb/crypto";
import { nobleSuite } from "@cweb/crypto/noble";
import { describe, expect, test } from "vitest";
import { acceptRatchet, decrypt, type RatchetState } from "../../src/core.ts";
import { makeRatchetVectors } from "../../vectors/make-ratchet-vectors.ts";
import vectors from "../../vectors/ratchet.json" with { type: "json" };

const unhex = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

describe("vectors", () => {
  test("the committed vectors of the ratchet", () => {
    expect(makeRatchetVectors(nobleSuite)).toEqual(vectors);
    expect(makeRatchetVectors(cipherSuite)).toEqual(vectors);
  });

  test("a responder that starts from the vector opens the initiator's messages", () => {
    const { sharedKey, sessionId, signedPrekey, messages } = vectors;
    const handshake = { sharedKey: unhex(sharedKey), sessionId: unhex(sessionId) } as unknown as PqxdhResult;
    const agree = (key: Uint8Array) => cipherSuite.x25519.agree(unhex(signedPrekey.privateKey), key);
    const [first, second] = messages;
    const accepted = acceptRatchet(handshake, agree, unhex(first?.object as string), { crypto: cipherSuite });
    expect(accepted?.body).toEqual(unhex(first?.body as string));
    const opened = decrypt(accepted?.state as RatchetState, second?.name as string, unhex(second?.object as string), {
      crypto: cipherSuite,
    });
    expect(opened?.body).toEqual(unhex(second?.body as string));
  });
});
