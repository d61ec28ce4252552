import { cipherSuite as crypto, utf8 } from "@cweb/crypto";
import type { ReadResult, Version } from "@cweb/storage-remote";
import { describe, expect, test } from "vitest";
import { type Judgement, judge, type Verdict } from "../../src/core/judge.ts";
import { times } from "../../src/core/limits.ts";
import { isDue, type ObjectAlarmCode, type Subscription, stateAt } from "../../src/core/subscription.ts";
import { recordKinds } from "../../src/wire/object-record.ts";
import { epoch, type Forged, key, now, object, objectId, owner, saying, signingKey, subscribed } from "../support/forge.ts";

const minute = 60_000;
const v1 = object(epoch + 1);
const v2 = object(epoch + 2, { prevVersion: v1.version, prevHash: v1.head });
const v3 = object(epoch + 3, { prevVersion: v2.version, prevHash: v2.head });

const ask = (state: Subscription, answer: ReadResult, at: number = now): Judgement => judge(state, answer, { crypto, owner, now: at });
const absent: ReadResult = { kind: "absent" };
const unchanged: ReadResult = { kind: "unchanged" };

/** The state after these answers, a minute apart. */
function after(answers: readonly (Forged | ReadResult)[], from: Subscription = subscribed()): Subscription {
  let state = from;
  for (const [i, one] of answers.entries())
    state = ask(state, "answer" in one ? one.answer : one, now - (answers.length - i) * minute).state;
  return state;
}

function expectRefused(before: Subscription, answer: ReadResult, verdict: Verdict, code: ObjectAlarmCode): void {
  const judged = ask(before, answer);
  expect(judged.verdict).toBe(verdict);
  expect(judged.raised).toEqual([code]);
  expect(judged.content).toBeUndefined();
  const { pin, shown, standing, epoch: kept, key: keptKey } = judged.state;
  expect({ pin, shown, standing, epoch: kept, key: keptKey }).toEqual({
    pin: before.pin,
    shown: before.shown,
    standing: before.standing,
    epoch: before.epoch,
    key: before.key,
  });
  expect(judged.state.doubt?.polls).toBe(1);
}

describe("a newer record", () => {
  test("is new, pinned, and current", () => {
    const judged = ask(subscribed(), v1.answer);
    expect(judged.verdict).toBe("new");
    expect(judged.content).toEqual({ kind: recordKinds.value, bytes: utf8(`value ${v1.version}`) });
    expect(judged.state).toMatchObject({ pin: { version: v1.version, head: v1.head }, storeVersion: v1.answer.version, interval: 60 });
    expect(stateAt(judged.state, now)).toBe("current");
  });

  test("whose predecessor is pinned, or was never seen, is new", () => {
    expect(ask(after([v1]), v2.answer).verdict).toBe("new");
    expect(ask(after([v1]), v3.answer).verdict).toBe("new");
  });

  test("that repeats its value is no new value", () => {
    const heartbeat = object(epoch + 9, { payload: saying(`value ${v1.version}`, v1.version), prevVersion: v1.version, prevHash: v1.head });
    const judged = ask(after([v1]), heartbeat.answer);
    expect(judged).toMatchObject({ verdict: "new", state: { pin: { version: heartbeat.version }, shown: { version: v1.version } } });
    expect(judged.content).toBeUndefined();
  });

  test("takes back every alarm and doubt", () => {
    const doubtful = { ...after([v1]), doubt: { since: 1, polls: 9 }, alarms: [{ code: "object-fork" as const, since: 1 }] };
    expect(ask(doubtful, v2.answer).state).toMatchObject({ doubt: null, alarms: [] });
  });

  test("that is older than what the owner has told of is taken, and stays in doubt", () => {
    const told = subscribed({ version: v3.version, head: v3.head });
    const judged = ask(told, v2.answer);
    expect(judged).toMatchObject({ verdict: "stale", content: { bytes: utf8(`value ${v2.version}`) }, state: { doubt: { polls: 1 } } });
    expect(stateAt(judged.state, now)).toBe("stale");
  });

  test("issued by a clock that runs a little ahead is taken with an alarm", () => {
    const ahead = object(epoch + 4, { issuedAt: now + 20 * minute, validUntil: now + times.day });
    expect(ask(after([v1]), ahead.answer)).toMatchObject({ verdict: "new", raised: ["clock-skew"], state: { doubt: null } });
  });
});

describe("the known record", () => {
  test("is the same, asked for again or unchanged", () => {
    expect(ask(after([v2]), v2.answer)).toMatchObject({ verdict: "same", raised: [] });
    expect(ask(after([v2]), unchanged)).toMatchObject({ verdict: "same", raised: [] });
  });

  test("takes back a missing object and a rollback, but not a fork", () => {
    const alarms = ["object-missing", "object-rollback", "object-fork"].map((code) => ({ code: code as ObjectAlarmCode, since: 7 }));
    const judged = ask({ ...after([v2]), alarms, doubt: { since: 7, polls: 3 } }, unchanged);
    expect(judged.state).toMatchObject({ doubt: null, alarms: [{ code: "object-fork", since: 7 }] });
  });

  test("is expired 14 days after it was issued", () => {
    const late = now + times.lifetime + times.clockTolerance;
    expect(ask(after([v2]), unchanged, late).verdict).toBe("same");
    const judged = ask(after([v2]), unchanged, late + 1);
    expect(judged.verdict).toBe("expired");
    expect(stateAt(judged.state, late + 1)).toBe("stale");
  });

  test("is not known where a store says unchanged to a question that named nothing", () => {
    expect(ask(subscribed(), unchanged)).toMatchObject({ verdict: "stale", state: { doubt: { polls: 1 } } });
  });
});

describe("withholding", () => {
  const cases = [
    ["an older record", "rollback", "object-rollback", v1.answer, after([v2])],
    [
      "the known record, after a newer one was announced",
      "rollback",
      "object-rollback",
      unchanged,
      {
        ...after([v2]),
        announced: { version: v3.version, head: v3.head },
      },
    ],
    ["nothing", "missing", "object-missing", absent, after([v2])],
    ["a refusal", "missing", "object-missing", { kind: "forbidden" }, after([v2])],
  ] as const;

  test.each(cases)("%s is stale, and an alarm when it stood for 3 polls and 10 min", (_, verdict, code, answer, known) => {
    const first = ask(known, answer, now);
    expect(first).toMatchObject({ verdict: "stale", raised: [] });
    const second = ask(first.state, answer, now + 1);
    // Three polls in a few seconds are not enough …
    const third = ask(second.state, answer, now + 2);
    expect(third).toMatchObject({ verdict: "stale", raised: [] });
    const fourth = ask(third.state, answer, now + times.withheldAfter);
    expect(fourth).toMatchObject({ verdict, raised: [code] });
    expect(fourth.state.pin).toEqual(known.pin);
    // … and it is told once.
    expect(ask(fourth.state, answer, now + 2 * times.withheldAfter)).toMatchObject({ verdict, raised: [], state: { alarms: [{ code }] } });
    // … nor are 10 minutes with fewer polls.
    const late = ask(first.state, answer, now + times.withheldAfter);
    expect(late).toMatchObject({ verdict: "stale", raised: [] });
  });

  test("before the first record of an epoch is an alarm only after a day", () => {
    let state = subscribed();
    for (const [at, verdict] of [
      [0, "stale"],
      [1, "stale"],
      [times.awaited - 1, "stale"],
      [times.awaited, "missing"],
    ] as const) {
      const judged = ask(state, absent, now + at);
      expect(judged).toMatchObject({ verdict, raised: verdict === "missing" ? ["object-missing"] : [] });
      state = judged.state;
    }
  });

  test("shows as stale at once, and is asked for again after 5 minutes", () => {
    const long = object(epoch + 5, { interval: 3600 });
    const { state } = ask(after([long]), absent);
    expect(stateAt(state, now)).toBe("stale");
    expect(isDue(state, now + times.askAgain - 1)).toBe(false);
    expect(isDue(state, now + times.askAgain)).toBe(true);
  });
});

describe("a fork is refused:", () => {
  const other = object(epoch + 2, { payload: saying("another", epoch + 2), prevVersion: v1.version, prevHash: v1.head });
  const cases = [
    ["another record of the pinned version", after([v2]), other],
    [
      "a successor of another record of the pinned version",
      after([v2]),
      object(epoch + 3, { prevVersion: epoch + 2, prevHash: other.head }),
    ],
    ["a history that leaves out the pinned record", after([v2]), object(epoch + 3, { prevVersion: v1.version, prevHash: v1.head })],
    ["another record of the version that the owner has told of", subscribed({ version: v2.version, head: v2.head }), other],
  ] as const;

  test.each(cases)("%s", (_, known, { answer }) => expectRefused(known, answer, "fork", "object-fork"));

  test("not one after a restored state, which cannot know its predecessor", () => {
    expect(ask(after([v2]), object(epoch + 3).answer).verdict).toBe("new");
  });

  test("of a pinned version that the owner tells of with another head", () => {
    const known = { ...after([v2]), announced: { version: v2.version, head: v1.head } };
    expectRefused(known, v2.answer, "fork", "object-fork");
  });
});

describe("what is not from the owner is invalid:", () => {
  const insider = new Uint8Array(32).fill(77);
  const forged = object(epoch + 4, {}, { signedBy: insider });
  const flipped = v2.answer.bytes.slice();
  flipped[100] = (flipped[100] as number) ^ 1;
  const answer = (bytes: Uint8Array): ReadResult => ({ kind: "found", bytes, version: "x" as Version });
  const cases: readonly (readonly [string, ReadResult])[] = [
    ["no bytes", answer(new Uint8Array())],
    ["bytes of no size class", answer(v2.answer.bytes.subarray(1))],
    ["random bytes", answer(new Uint8Array(4096).fill(17))],
    ["a flipped bit", answer(flipped)],
    ["an insider's signature", forged.answer],
    ["a record of another epoch", object(epoch + 4, { epoch: epoch - 1 }).answer],
    ["an object sealed for another epoch", object(epoch + 4, {}, { sealedIn: epoch - 1 }).answer],
    ["an object under another key", object(epoch + 4, {}, { under: new Uint8Array(32).fill(1) }).answer],
    ["a record that precedes itself", object(epoch + 4, { prevVersion: epoch + 4 }).answer],
    ["one that holds for more than 14 days", object(epoch + 4, { validUntil: now + times.lifetime + 1 }).answer],
    ["one that ends before it begins", object(epoch + 4, { validUntil: now - 1 }).answer],
    ["one that is to be asked for all the time", object(epoch + 4, { interval: 0 }).answer],
    ["a kind of rooms", object(epoch + 4, { kind: recordKinds.epoch }).answer],
    ["an unknown kind", object(epoch + 4, { kind: 9 }).answer],
    ["an end with a payload", object(epoch + 4, { kind: recordKinds.rotated }).answer],
    ["a deletion with a payload", object(epoch + 4, { kind: recordKinds.deleted }).answer],
    ["a malformed payload", object(epoch + 4, { payload: utf8("no") }).answer],
    ["a value from the future", object(epoch + 4, { payload: saying("x", epoch + 5) }).answer],
    ["a value of version 0", object(epoch + 4, { payload: saying("x", 0) }).answer],
  ];

  test.each(cases)("%s", (_, found) => expectRefused(after([v2]), found, "invalid", "object-invalid"));

  test("the alarm is told once, and ends with the object", () => {
    const first = ask(after([v2]), forged.answer);
    const second = ask(first.state, forged.answer);
    expect(second.raised).toEqual([]);
    expect(second.state.alarms).toEqual(first.state.alarms);
    expect(ask(second.state, v2.answer).state).toMatchObject({ alarms: [], doubt: null });
  });
});

test("a record of a clock more than a day ahead is refused until the time has come", () => {
  const version = now + times.tickAhead + 1;
  const ahead = object(version, { payload: saying("later", version) });
  expectRefused(after([v2]), ahead.answer, "skew", "clock-skew");
  expectRefused(after([v2]), object(epoch + 4, { issuedAt: version, validUntil: version }).answer, "skew", "clock-skew");
  expect(ask(after([v2]), ahead.answer, now + 1).verdict).toBe("new");
});

describe("ends", () => {
  const empty = new Uint8Array();
  test("rotated: the key is used up, the value stays, and a new key is waited for", () => {
    const judged = ask(after([v2]), object(epoch + 4, { kind: recordKinds.rotated, payload: empty }).answer);
    expect(judged).toMatchObject({ verdict: "rotated", raised: [], consumed: [key], state: { key: null, shown: { version: v2.version } } });
    expect(stateAt(judged.state, now)).toBe("key-pending");
    expect(isDue(judged.state, now + times.day)).toBe(false);
  });

  test("deleted", () => {
    const judged = ask(after([v2]), object(epoch + 4, { kind: recordKinds.deleted, payload: empty }).answer);
    expect(judged).toMatchObject({ verdict: "deleted", raised: [], consumed: [key] });
    expect(stateAt(judged.state, now)).toBe("deleted");
  });

  test("an end that is older than what is pinned ends nothing", () => {
    const old = object(epoch + 1, { kind: recordKinds.deleted, payload: empty });
    expect(ask(after([v2]), old.answer)).toMatchObject({ verdict: "stale", state: { standing: "value" } });
  });
});

test("a store's version that cannot be kept costs only the conditional GET", () => {
  for (const version of ["", "x".repeat(2000), "é", "a\nb"]) {
    const judged = ask(subscribed(), { ...v1.answer, version: version as Version });
    expect(judged).toMatchObject({ verdict: "new", state: { storeVersion: null } });
  }
});

test("the object's id and epoch are bound into what is sealed", () => {
  const { state } = ask(subscribed(), v1.answer);
  expect(state.objectId).toBe(objectId);
  expect(ask({ ...subscribed(), epoch: epoch + 1 }, v1.answer).verdict).toBe("invalid");
  expect(judge(subscribed(), v1.answer, { crypto, owner: new Uint8Array(32), now }).verdict).toBe("invalid");
  expect(signingKey.length).toBe(32);
});
