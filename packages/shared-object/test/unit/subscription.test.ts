import { cipherSuite as crypto, secret } from "@cweb/crypto";
import { describe, expect, test } from "vitest";
import { judge } from "../../src/core/judge.ts";
import { times } from "../../src/core/limits.ts";
import { isDue, type Subscription, stateAt, takeEnd, takeHead, takeKey } from "../../src/core/subscription.ts";
import { epoch, keyMessage, now, object, owner, subscribed } from "../support/forge.ts";

const v1 = object(epoch + 1);
const reading = (answer: Parameters<typeof judge>[1], from: Subscription = subscribed()): Subscription =>
  judge(from, answer, { crypto, owner, now }).state;
const other = (n: number): Uint8Array => new Uint8Array(32).fill(n);

describe("so/key", () => {
  test("begins a subscription, which is asked for at once and shows nothing before", () => {
    const state = subscribed();
    expect(isDue(state, now)).toBe(true);
    expect(stateAt(state, now)).toBeUndefined();
  });

  test("of a later epoch takes the place of the key before, which is erased; what is pinned stays", () => {
    const before = reading(v1.answer);
    const taking = takeKey(before, keyMessage({ epoch: epoch + 50, key: secret(other(1)) }), now);
    expect(taking).toMatchObject({
      kind: "taken",
      consumed: [before.key],
      state: { epoch: epoch + 50, pin: { version: v1.version }, storeVersion: null, isWanted: true },
    });
  });

  test.each([
    ["another signing key", { epoch: epoch + 50, verifyKey: other(2) }],
    ["another signing key in the same epoch", { verifyKey: other(2) }],
    ["an earlier epoch", { epoch: epoch - 1 }],
    ["another key of the same epoch", { key: secret(other(3)) }],
  ])("with %s changes nothing", (_, changes) => {
    expect(takeKey(reading(v1.answer), keyMessage(changes), now)).toEqual({ kind: "ignored" });
  });

  test.each([
    ["its epoch", { epoch: now + times.tickAhead + 1 }],
    ["its version", { version: now + times.tickAhead + 1 }],
  ])("more than a day ahead by %s waits for the time to come", (_, changes) => {
    expect(takeKey(undefined, keyMessage(changes), now)).toEqual({ kind: "ahead" });
    expect(takeKey(subscribed(), keyMessage(changes), now)).toEqual({ kind: "ahead" });
    expect(takeKey(undefined, keyMessage(changes), now + 1).kind).toBe("taken");
  });

  test("again tells only of a newer record", () => {
    const before = reading(v1.answer);
    const again = takeKey(before, keyMessage({ version: epoch + 7, head: other(4) }), now);
    expect(again).toMatchObject({ kind: "taken", state: { announced: { version: epoch + 7 }, isWanted: true, epoch } });
    expect(takeKey(before, keyMessage(), now)).toEqual({ kind: "taken", state: before, consumed: [] });
  });

  test("after a deletion changes nothing", () => {
    expect(takeKey({ ...subscribed(), standing: "deleted", key: null }, keyMessage({ epoch: epoch + 9 }), now).kind).toBe("ignored");
  });

  test("brings back what was revoked, from the epoch of the end on", () => {
    const ended = takeEnd(reading(v1.answer), epoch + 10, now);
    expect(takeKey(ended, keyMessage({ epoch: epoch + 9, key: secret(other(1)) }), now).kind).toBe("ignored");
    const back = takeKey(ended, keyMessage({ epoch: epoch + 10, key: secret(other(1)) }), now);
    expect(back).toMatchObject({ kind: "taken", state: { standing: "value", isWanted: true } });
  });
});

describe("so/end", () => {
  test("revokes, erases the key and keeps the value", () => {
    const state = takeEnd(reading(v1.answer), epoch + 10, now);
    expect(state).toMatchObject({ key: null, standing: "revoked", shown: { version: v1.version } });
    expect(stateAt(state, now)).toBe("revoked");
    expect(isDue(state, now + times.day)).toBe(false);
  });

  test("that came after the key of a later epoch, or of a clock ahead, or for a deleted object, changes nothing", () => {
    const before = reading(v1.answer);
    expect(takeEnd(before, epoch, now)).toBe(before);
    expect(takeEnd(before, now + times.tickAhead + 1, now)).toBe(before);
    const deleted: Subscription = { ...before, standing: "deleted", key: null };
    expect(takeEnd(deleted, epoch + 10, now)).toBe(deleted);
  });
});

describe("so-head", () => {
  test("of a newer record has it asked for at once; of the known or an older one does not", () => {
    const before = reading(v1.answer);
    expect(isDue(before, now + 1)).toBe(false);
    expect(isDue(takeHead(before, { version: v1.version, head: v1.head }, now), now + 1)).toBe(false);
    expect(isDue(takeHead(before, { version: epoch - 5, head: other(1) }, now), now + 1)).toBe(false);
    expect(isDue(takeHead(before, { version: v1.version, head: other(1) }, now), now + 1)).toBe(true);
    expect(isDue(takeHead(before, { version: v1.version + 1, head: other(1) }, now), now + 1)).toBe(true);
  });

  test("of a clock more than a day ahead changes nothing", () => {
    const before = reading(v1.answer);
    expect(takeHead(before, { version: now + times.tickAhead + 1, head: other(1) }, now)).toBe(before);
  });
});

test("an object is asked for by the owner's interval, and at once where the clock was set back", () => {
  const state = reading(object(epoch + 1, { interval: 100 }).answer);
  expect(isDue(state, now + 99_999)).toBe(false);
  expect(isDue(state, now + 100_000)).toBe(true);
  expect(isDue(state, now - 1)).toBe(true);
});
