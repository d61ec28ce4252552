import { cipherSuite as crypto, secret, utf8 } from "@cweb/crypto";
import { seededRandom } from "@cweb/crypto/testing";
import type { ReadResult, Version } from "@cweb/storage-remote";
import { times, zeros } from "../../src/core/limits.ts";
import { encodeObjectId } from "../../src/core/object-id.ts";
import { sealObject } from "../../src/core/sealed-object.ts";
import { type Subscription, takeKey } from "../../src/core/subscription.ts";
import type { KeyMessage } from "../../src/wire/key-message.ts";
import { type ObjectRecord, recordKinds } from "../../src/wire/object-record.ts";
import { payload } from "../../src/wire/payload.ts";

export const now = 1_800_000_000_000;
export const owner: Uint8Array = new Uint8Array(32).fill(5);
export const objectId = encodeObjectId(new Uint8Array(16).fill(3));
export const epoch = now - 1_000_000;
export const key = secret(new Uint8Array(32).fill(8));
export const signingKey = secret(new Uint8Array(32).fill(9));
export const verifyKey = crypto.ed25519.publicKey(signingKey);
const random = seededRandom(4);

export interface Forged {
  readonly answer: ReadResult & { readonly kind: "found" };
  readonly version: number;
  readonly head: Uint8Array;
}

/** The payload of a value. */
export const saying = (value: string, valueVersion: number): Uint8Array =>
  payload.encode({ topic: "object/test", valueVersion, content: utf8(value) });

/** An object as its owner, or an insider with another signing key, would store it. */
export function object(
  version: number,
  changes: Partial<ObjectRecord> = {},
  how: { readonly signedBy?: Uint8Array; readonly sealedIn?: number; readonly under?: Uint8Array } = {},
): Forged {
  const record: ObjectRecord = {
    objectId,
    epoch,
    version,
    prevVersion: 0,
    prevHash: zeros(),
    issuedAt: now,
    validUntil: now + times.lifetime,
    interval: 60,
    kind: recordKinds.value,
    payload: saying(`value ${version}`, version),
    ...changes,
  };
  const sealing = { owner, objectId, epoch: how.sealedIn ?? epoch, key: how.under ?? key };
  const { object: bytes, head } = sealObject(crypto, random, sealing, how.signedBy ?? signingKey, record);
  return { answer: { kind: "found", bytes, version: `v${version}-${random.bytes(4).join("")}` as Version }, version, head };
}

export const keyMessage = (changes: Partial<KeyMessage> = {}): KeyMessage => ({
  objectId,
  epoch,
  key: secret(key),
  verifyKey,
  version: 0,
  head: zeros(),
  ...changes,
});

/** A subscription right after its first key message. */
export function subscribed(changes: Partial<KeyMessage> = {}): Subscription {
  const taking = takeKey(undefined, keyMessage(changes), now);
  if (taking.kind !== "taken") throw new Error("the test expects the key to be taken");
  return taking.state;
}
