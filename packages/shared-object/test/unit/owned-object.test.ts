import { cipherSuite as crypto, secret } from "@cweb/crypto";
import { seededRandom } from "@cweb/crypto/testing";
import { encodeId } from "@cweb/discovery";
import { describe, expect, test } from "vitest";
import { limits, times, zeros } from "../../src/core/limits.ts";
import {
  addSubscribers,
  type Content,
  createObject,
  deleteObject,
  keyFor,
  type OwnedObject,
  type OwnerContext,
  type OwnerStep,
  type RetiredName,
  removeSubscribers,
  rotate,
  updateObject,
} from "../../src/core/owned-object.ts";
import { objectPath, openObject } from "../../src/core/sealed-object.ts";
import { dueStep, nextDue, noteStored, tendObject } from "../../src/core/tended-object.ts";
import { type ObjectRecord, recordKinds } from "../../src/wire/object-record.ts";
import { payload } from "../../src/wire/payload.ts";
import { now, objectId, owner } from "../support/forge.ts";

const value = (n: number): Content => ({ kind: recordKinds.value, bytes: Uint8Array.of(n) });
const [ben, cleo] = [encodeId(new Uint8Array(32).fill(2)), encodeId(new Uint8Array(32).fill(3))];

/** A home at a time; every TICK is one more. */
function context(changes: Partial<OwnerContext> = {}): OwnerContext {
  const at = changes.now ?? now;
  let last = at;
  return { crypto, random: seededRandom(at), owner, now: at, confirmedNow: at, incarnation: 1, tick: () => ++last, ...changes };
}

const created = (changes: Partial<OwnerContext> = {}): OwnerStep =>
  createObject(context(changes), objectId, { topic: "object/test", content: value(1), interval: 60, rotateEvery: 30, fileId: null });

const old = (path: string): RetiredName => ({ path, epoch: 1, since: now, isStored: true, key: null });

/** The keys are written over once a step is committed, so that a later test does not see them in the state. */
const keyOf = ({ key }: OwnedObject): Uint8Array => secret(key);

function opened({ state }: { readonly state: OwnedObject }, key: Uint8Array, epoch: number, object: Uint8Array | undefined): ObjectRecord {
  const verifyKey = crypto.ed25519.publicKey(state.signingKey);
  const found = openObject(crypto, { owner, objectId, epoch, key }, verifyKey, object as Uint8Array);
  if (!found) throw new Error("the test expects a record");
  return found.record;
}

describe("each record", () => {
  test("names the one before it, and says how long it holds", () => {
    const first = created();
    const key = keyOf(first.state);
    const second = updateObject(context({ now: now + 9 }), first.state, value(2), null);
    const [one, two] = [first, second].map((step) => opened(step, key, first.state.epoch, step.replace[0]?.object));
    expect(one).toMatchObject({ prevVersion: 0, prevHash: zeros(), issuedAt: now, validUntil: now + times.lifetime, interval: 60 });
    expect(two).toMatchObject({ prevVersion: one?.version, prevHash: first.state.newest.head, issuedAt: now + 9 });
    expect(two?.version).toBeGreaterThan(one?.version as number);
    expect(second.replace.map(({ path }) => path)).toEqual(first.replace.map(({ path }) => path));
  });

  test("carries the topic and the version of its value", () => {
    const first = created();
    const beat = tendObject(context({ now: now + times.heartbeat }), first.state, value(1));
    const record = opened(beat, keyOf(first.state), first.state.epoch, beat.replace[0]?.object);
    expect(payload.decode(record.payload)).toEqual({
      topic: "object/test",
      valueVersion: first.state.newest.version,
      content: Uint8Array.of(1),
    });
  });
});

describe("a new epoch", () => {
  const first = created();
  const key = keyOf(first.state);
  const next = rotate(context({ now: now + 5 }), first.state, value(1));

  test("has another key, name and epoch, and the old key is used up when that is stored", () => {
    expect(next.state.key).not.toEqual(key);
    expect(next.state.epoch).toBeGreaterThan(first.state.newest.version);
    const path = first.replace[0]?.path as string;
    const stored = noteStored(next.state, path, undefined, now + 9);
    expect(stored.consumed).toEqual([key]);
    expect(stored.state.retired).toEqual([{ path, epoch: first.state.epoch, since: now + 9, isStored: true, key: null }]);
    expect(noteStored(stored.state, path, undefined, now + 20).state).toBe(stored.state);
    expect(next.replace[1]?.path).toBe(objectPath(crypto, next.state));
    expect(next.replace[1]?.path).not.toBe(first.replace[0]?.path);
  });

  test("leaves a signed record without content under the old name, which is to be deleted in 30 days", () => {
    const last = opened(next, key, first.state.epoch, next.replace[0]?.object);
    expect(last).toMatchObject({ kind: recordKinds.rotated, payload: new Uint8Array(), prevVersion: first.state.newest.version });
    expect(next.replace[0]?.path).toBe(first.replace[0]?.path);
    const { state } = noteStored(next.state, first.replace[0]?.path as string, undefined, now + 7);
    const at = context({ now: now + 7 + times.retirement - 1 });
    const waiting = { ...state, issuedAt: at.now, rotatedAt: at.now };
    expect(tendObject(at, waiting, value(1)).withdraw).toEqual([]);
    const gone = tendObject({ ...at, confirmedNow: at.now + 1 }, waiting, value(1));
    expect(gone).toMatchObject({ withdraw: [first.replace[0]?.path], state: { retired: [] } });
  });

  test("leaves the old name standing twice as long where it is not known to be stored", () => {
    const at = context({ now: now + 5 + times.retirement });
    const waiting = { ...next.state, issuedAt: at.now, rotatedAt: at.now };
    expect(dueStep(waiting, at)).toBe("removal");
    const once = tendObject(at, waiting, value(1));
    expect(once).toMatchObject({ withdraw: [], state: { retired: [{ since: at.now, isStored: true, key: null }] } });
    const later = context({ now: at.now + times.retirement });
    expect(tendObject(later, { ...once.state, issuedAt: later.now, rotatedAt: later.now }, value(1)).withdraw).toHaveLength(1);
  });

  test("continues the history, so that a reader who knows the old epoch sees a fork of it", () => {
    const record = opened(next, next.state.key, next.state.epoch, next.replace[1]?.object);
    const last = opened(next, key, first.state.epoch, next.replace[0]?.object);
    expect(record.prevVersion).toBe(last.version);
    expect(payload.decode(record.payload).valueVersion).toBe(first.state.valueVersion);
  });

  test("is announced with what is stored, not with what is not uploaded yet", () => {
    expect(keyFor(crypto, next.state)).toMatchObject({ epoch: next.state.epoch, version: 0, head: zeros() });
    const { state } = noteStored(next.state, "a path", first.state.newest, now);
    expect(keyFor(crypto, state)).toMatchObject(first.state.newest);
    expect(noteStored(state, "a path", { version: 1, head: zeros() }, now).state).toBe(state);
  });

  test("withdraws the oldest names early where there are too many of them", () => {
    const retired = Array.from({ length: limits.retired }, (_, i) => old(`old-${i}`));
    const step = rotate(context(), { ...first.state, retired }, value(1));
    expect(step.withdraw).toEqual(["old-0"]);
    expect(step.state.retired).toHaveLength(limits.retired);
  });
});

describe("subscribers", () => {
  test("are added once", () => {
    const { state } = addSubscribers(context(), created().state, value(1), [ben, ben, cleo]);
    expect(state.subscribers).toEqual([ben, cleo]);
    expect(addSubscribers(context(), state, value(1), [cleo]).state).toBe(state);
  });

  test("join without a new epoch only where it has held no other value", () => {
    const first = created().state;
    expect(addSubscribers(context(), first, value(1), [ben]).state.epoch).toBe(first.epoch);
    const second = updateObject(context({ now: now + 9 }), first, value(2), null).state;
    const joined = addSubscribers(context({ now: now + 20 }), second, value(2), [ben]);
    expect(joined.state.epoch).not.toBe(second.epoch);
    expect(joined.state).toMatchObject({ subscribers: [ben], valueVersion: second.valueVersion, epochValue: second.valueVersion });
    expect(addSubscribers(context({ now: now + 50 }), joined.state, value(2), [cleo]).state.epoch).toBe(joined.state.epoch);
    // A lost state may have held another.
    expect(addSubscribers(context({ incarnation: 2, now: now + 50 }), joined.state, value(2), [cleo]).state.epoch).not.toBe(
      joined.state.epoch,
    );
  });

  test("are taken out by a new epoch, which they are told of; whoever was none changes nothing", () => {
    const { state } = addSubscribers(context(), created().state, value(1), [ben, cleo]);
    const step = removeSubscribers(context(), state, value(1), [ben]);
    expect(step.state).toMatchObject({ subscribers: [cleo], ended: [{ contact: ben, epoch: step.state.epoch }] });
    expect(step.state.epoch).not.toBe(state.epoch);
    expect(removeSubscribers(context(), step.state, value(1), [ben]).state).toBe(step.state);
    expect(addSubscribers(context(), step.state, value(1), [ben]).state.ended).toEqual([]);
  });
});

describe("what is due", () => {
  const { state } = created();
  const clocks = (at: number, incarnation = 1): Pick<OwnerContext, "now" | "confirmedNow" | "incarnation"> => ({
    now: at,
    confirmedNow: at,
    incarnation,
  });

  test("a heartbeat after 7 days, a rotation after as many as the owner says, something when nextDue says", () => {
    expect(dueStep(state, clocks(now + times.heartbeat - 1))).toBeUndefined();
    expect(dueStep(state, clocks(now + times.heartbeat))).toBe("heartbeat");
    expect(dueStep(state, clocks(now + 30 * times.day))).toBe("rotation");
    expect(dueStep({ ...state, rotateEvery: 1 }, clocks(now + times.day))).toBe("rotation");
    expect(nextDue(state, clocks(now))).toBe(now + times.heartbeat);
  });

  test("both where the clock was set back, and nothing is deleted then", () => {
    expect(dueStep(state, clocks(now - times.clockTolerance))).toBeUndefined();
    expect(dueStep(state, clocks(now - times.clockTolerance - 1))).toBe("heartbeat");
    expect(dueStep(state, clocks(now - times.tickAhead - 1))).toBe("rotation");
    const gone = { ...state, isDeleted: true, retired: [old("p")] };
    expect(tendObject(context({ now: now - 90 * times.day }), gone, value(1)).withdraw).toEqual([]);
  });

  test("a new epoch in a new incarnation, whose first record cannot know the one before and whose value counts as new", () => {
    expect(dueStep(state, clocks(now, 2))).toBe("restored");
    const key = keyOf(state);
    const step = tendObject(context({ incarnation: 2, now: now + 100 }), state, value(1));
    expect(opened(step, key, state.epoch, step.replace[0]?.object)).toMatchObject({ prevVersion: 0, kind: recordKinds.rotated });
    const record = opened(step, step.state.key, step.state.epoch, step.replace[1]?.object);
    expect(payload.decode(record.payload).valueVersion).toBe(record.version);
    expect(dueStep(step.state, clocks(now, 2))).toBeUndefined();
    const update = updateObject(context({ incarnation: 2, now: now + 100 }), state, value(2), null);
    expect(update.state.epoch).not.toBe(state.epoch);
  });

  test("a deleted object's last record in a new incarnation, as long as its name stands", () => {
    const gone = deleteObject(context(), state).state;
    const step = tendObject(context({ incarnation: 2, now: now + 100 }), gone, value(1));
    expect(opened(step, keyOf(gone), gone.epoch, step.replace[0]?.object)).toMatchObject({ kind: recordKinds.deleted, prevVersion: 0 });
    expect(dueStep({ ...gone, retired: [] }, clocks(now, 2))).toBeUndefined();
  });
});

test("names are not deleted by a clock that is not confirmed, nor kept for years by one that ran ahead", () => {
  const { state } = rotate(context({ confirmedNow: 0 }), created().state, value(1));
  const waiting = { ...state, issuedAt: now, rotatedAt: now };
  expect(tendObject(context({ confirmedNow: 0, now: now + 365 * times.day }), state, value(1)).withdraw).toEqual([]);
  expect(dueStep(waiting, { now, confirmedNow: now, incarnation: 1 })).toBeUndefined();
  const before = now - 400 * times.day;
  const set = tendObject(context({ now: before }), waiting, value(1));
  expect(set.state.retired.map(({ since }) => since)).toEqual([before, before]);
  const gone = { ...waiting, isDeleted: true };
  expect(dueStep(gone, { now: before, confirmedNow: before, incarnation: 1 })).toBe("removal");
  expect(tendObject(context({ now: before }), gone, value(1)).state.retired[0]?.since).toBe(before);
});

test("a file that another value took the place of is remembered until it is removed", () => {
  const first = { ...created().state, fileId: "one" };
  const second = updateObject(context(), first, value(2), "two").state;
  expect(second).toMatchObject({ fileId: "two", oldFiles: [{ fileId: "one", since: now }] });
  expect(updateObject(context(), second, value(2), "two").state.oldFiles).toHaveLength(1);
  expect(deleteObject(context(), second).state).toMatchObject({ fileId: null, oldFiles: [{ fileId: "one" }, { fileId: "two" }] });
});
