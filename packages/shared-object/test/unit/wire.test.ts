import { cipherSuite as crypto, secret, utf8 } from "@cweb/crypto";
import { encodeId } from "@cweb/discovery";
import type { Codec } from "@cweb/serialization";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeObjectId, encodeObjectId } from "../../src/core/object-id.ts";
import { openObject } from "../../src/core/sealed-object.ts";
import { objectEventCodec, SharedObjectError } from "../../src/index.ts";
import { tryDecode } from "../../src/wire/decode.ts";
import { endMessage } from "../../src/wire/end-message.ts";
import { headRider } from "../../src/wire/head-rider.ts";
import { keyMessage } from "../../src/wire/key-message.ts";
import { objectRecord, signedRecord } from "../../src/wire/object-record.ts";
import { contentRecord, ownedRecord, subscriptionRecord } from "../../src/wire/own-records.ts";
import { payload } from "../../src/wire/payload.ts";
import { epoch, key, objectId, owner, verifyKey } from "../support/forge.ts";

const seed = 20_261_121;
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const tick = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const anyId = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(encodeObjectId);

/** Each message with what may stand in it. */
const messages: Readonly<Record<string, readonly [Codec<never>, fc.Arbitrary<unknown>]>> = {
  "so/key": [
    keyMessage as Codec<never>,
    fc.record({ objectId: anyId, epoch: tick, key: bytes32.map(secret), verifyKey: bytes32, version: tick, head: bytes32 }),
  ],
  "so/end": [endMessage as Codec<never>, fc.record({ objectId: anyId, epoch: tick, proof: fc.option(fc.uint8Array({ maxLength: 99 })) })],
  "so-head": [headRider as Codec<never>, fc.record({ objectId: anyId, version: tick, head: bytes32 })],
  R: [
    objectRecord as Codec<never>,
    fc.record({
      objectId: anyId,
      epoch: tick,
      version: tick,
      prevVersion: tick,
      prevHash: bytes32,
      issuedAt: tick,
      validUntil: tick,
      interval: fc.nat({ max: 604_800 }),
      kind: fc.nat({ max: 255 }),
      payload: fc.uint8Array({ maxLength: 300 }),
    }),
  ],
  payload: [
    payload as Codec<never>,
    fc.record({ topic: fc.string({ maxLength: 16 }), valueVersion: tick, content: fc.uint8Array({ maxLength: 300 }) }),
  ],
};

describe.each(Object.entries(messages))("%s", (_, [codec, arbitrary]) => {
  test("comes back as it was", () => {
    const check = fc.property(arbitrary, (message) => {
      expect(codec.decode(codec.encode(message as never))).toEqual(message);
    });
    fc.assert(check, { seed, numRuns: 100 });
  });

  test("decoding is total: any bytes give a message or nothing", () => {
    const mutated = fc.tuple(arbitrary, fc.nat(), fc.nat({ max: 255 })).map(([message, at, to]) => {
      const encoded = codec.encode(message as never);
      return encoded.with(at % encoded.length, to);
    });
    const check = fc.property(fc.oneof(fc.uint8Array({ maxLength: 400 }), mutated), (bytes) => {
      const decoded = tryDecode(codec, bytes);
      if (decoded !== undefined) expect(codec.encode(decoded)).toEqual(bytes);
    });
    fc.assert(check, { seed, numRuns: 500 });
  });
});

test("M6: opening is total: any bytes of a size class give nothing", () => {
  const check = fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), fc.constantFrom(4096, 8192), (start, size) => {
    const object = new Uint8Array(size);
    object.set(start);
    expect(openObject(crypto, { owner, objectId, epoch, key }, verifyKey, object)).toBeUndefined();
  });
  fc.assert(check, { seed, numRuns: 100 });
});

test("an ObjectId has one text of 26 characters", () => {
  const check = fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (id) => {
    expect(decodeObjectId(encodeObjectId(id))).toEqual(id);
    expect(encodeObjectId(id)).toMatch(/^[a-z2-7]{26}$/);
  });
  fc.assert(check, { seed, numRuns: 100 });
  for (const text of ["", "a", objectId.slice(1), `${objectId}a`, objectId.toUpperCase(), `${objectId.slice(0, -1)}b`]) {
    expect(decodeObjectId(text)).toBeUndefined();
  }
});

test("the largest inline value fits into one object with everything else", () => {
  const topic = "t".repeat(64);
  const content = new Uint8Array(61_440);
  const record = {
    objectId,
    epoch: Number.MAX_SAFE_INTEGER,
    version: Number.MAX_SAFE_INTEGER,
    prevVersion: 1,
    prevHash: new Uint8Array(32),
    issuedAt: 1,
    validUntil: 2,
    interval: 604_800,
    kind: 0,
    payload: payload.encode({ topic, valueVersion: 3, content }),
  };
  const signed = signedRecord.encode({ record: objectRecord.encode(record), signature: new Uint8Array(64) });
  expect(signed.length + 4 + 72).toBeLessThanOrEqual(65_536);
});

test("a damaged record of this home is told as such", () => {
  for (const codec of [ownedRecord, contentRecord, subscriptionRecord]) {
    expect(() => codec.decode("name", utf8("damaged"))).toThrow(SharedObjectError);
    expect(() => codec.decode("name", utf8("damaged"))).toThrow(expect.objectContaining({ code: "corrupt-state" }));
  }
});

test("an event comes back as it was, and knows its states", () => {
  const event = {
    contact: encodeId(owner),
    objectId,
    topic: "object/test",
    version: 7,
    state: "key-pending",
    detail: "object-fork",
  } as const;
  expect(objectEventCodec.decode(objectEventCodec.encode(event))).toEqual(event);
  expect(() => objectEventCodec.encode({ ...event, state: "other" as never })).not.toThrow();
  expect(() => objectEventCodec.decode(objectEventCodec.encode({ ...event, state: "other" as never }))).toThrow();
});
