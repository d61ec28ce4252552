import { type CipherSuite, equal } from "@cweb/crypto";
import type { ReadResult } from "@cweb/storage-remote";
import { tryDecode } from "../wire/decode.ts";
import { type ObjectRecord, recordKinds } from "../wire/object-record.ts";
import { payload } from "../wire/payload.ts";
import { limits, times } from "./limits.ts";
import type { Content } from "./owned-object.ts";
import { type HeadedRecord, openObject } from "./sealed-object.ts";
import { closed, doubted, type ObjectAlarmCode, type Subscription } from "./subscription.ts";

/** What one answer of the owner's store means (SPEC §6.3). */
export type Verdict =
  /** A newer record than known, and nothing speaks against it. */
  | "new"
  /** The known record. */
  | "same"
  /** Older than what is known, or nothing: not yet an alarm. */
  | "stale"
  | "rollback"
  | "missing"
  | "fork"
  | "invalid"
  /** A record of a clock that runs ahead. */
  | "skew"
  | "rotated"
  | "deleted"
  /** The newest record, but its owner has not confirmed it for 14 days. */
  | "expired";

export interface Judgement {
  readonly state: Subscription;
  readonly verdict: Verdict;
  /** A value that differs from the one before. */
  readonly content?: Content;
  /** Alarms that did not stand before. */
  readonly raised: readonly ObjectAlarmCode[];
  readonly consumed: readonly Uint8Array[];
}

export interface JudgeContext {
  readonly crypto: CipherSuite;
  /** The owner's id, 32 bytes. */
  readonly owner: Uint8Array;
  readonly now: number;
}

interface Finding {
  readonly state: Subscription;
  readonly verdict: Verdict;
  /** The alarms that stand from now on. */
  readonly alarms: readonly ObjectAlarmCode[];
  readonly content?: Content;
}

/** Judges one answer to the GET of the epoch's name. `key` is the one that the name was made from. */
export function judge(before: Subscription, answer: ReadResult, context: JudgeContext): Judgement {
  const { alarms, content, ...finding } = find(before, answer, context);
  const known = before.alarms.map(({ code }) => code);
  const raised = alarms.filter((code) => !known.includes(code));
  const kept = before.alarms.filter(({ code }) => alarms.includes(code));
  const state = {
    ...finding.state,
    alarms: [...kept, ...raised.map((code) => ({ code, since: context.now }))],
    polledAt: context.now,
    isWanted: false,
  };
  const consumed = before.key !== null && state.key === null ? [before.key] : [];
  return { state, verdict: finding.verdict, raised, consumed, ...(content ? { content } : {}) };
}

function find(before: Subscription, answer: ReadResult, context: JudgeContext): Finding {
  switch (answer.kind) {
    case "absent":
    case "forbidden":
      return withheld(before, "missing", context);
    case "unchanged":
      // Nothing was named that it could be the same as: a store that says so gives no record.
      return before.storeVersion === null ? withheld(before, "missing", context) : confirmed(before, before, context);
    case "found":
      return found(before, answer, context);
  }
}

/** What stands until a record at least as new as the pinned one is read: a bad answer proves nothing about these. */
const lasting = ({ alarms }: Subscription): readonly ObjectAlarmCode[] =>
  alarms.map(({ code }) => code).filter((code) => code === "object-rollback" || code === "object-fork");

/** An answer that is not taken in. */
function refused(before: Subscription, verdict: Verdict, code: ObjectAlarmCode, { now }: JudgeContext): Finding {
  return { state: { ...before, doubt: doubted(before, now).doubt }, verdict, alarms: [...new Set([...lasting(before), code])] };
}

/** Nothing, or something older than is known: an alarm when it has stood. `state`: what was learned all the same. */
function withheld(before: Subscription, what: "missing" | "rollback", { now }: JudgeContext, state: Subscription = before): Finding {
  const { doubt, hasStood } = doubted(before, now);
  const code: ObjectAlarmCode = what === "missing" ? "object-missing" : "object-rollback";
  // An alarm that stands is not taken back before the object was seen again.
  const stands = hasStood || before.alarms.some((alarm) => alarm.code === code);
  const alarms = [...new Set([...lasting(before), ...(stands ? [code] : [])])];
  return { state: { ...state, doubt }, verdict: hasStood ? what : "stale", alarms };
}

function found(before: Subscription, answer: ReadResult & { readonly kind: "found" }, context: JudgeContext): Finding {
  const { crypto, owner, now } = context;
  const { objectId, epoch, key, verifyKey, pin } = before;
  const opened = key === null ? undefined : openObject(crypto, { owner, objectId, epoch, key }, verifyKey, answer.bytes);
  if (!opened || !isSound(opened.record)) return refused(before, "invalid", "object-invalid", context);
  const { record, head } = opened;
  if (Math.max(record.version, record.issuedAt) > now + times.tickAhead) return refused(before, "skew", "clock-skew", context);
  if (record.version < pin.version) return withheld(before, "rollback", context);
  if (isFork(before, opened)) return refused(before, "fork", "object-fork", context);
  const storeVersion = storable(answer.version);
  if (record.version === pin.version) return confirmed(before, { ...before, storeVersion }, context);
  const read = { ...before, pin: { version: record.version, head }, isSeen: true, storeVersion, interval: record.interval };
  if (record.kind === recordKinds.rotated) return ended(read, "rotated");
  if (record.kind === recordKinds.deleted) return ended(read, "deleted");
  return newer(before, read, record, context);
}

/** What only the owner can have signed, but must not. */
function isSound({ version, prevVersion, issuedAt, validUntil, interval, kind, payload: carried }: ObjectRecord): boolean {
  if (prevVersion >= version || validUntil < issuedAt || validUntil - issuedAt > times.lifetime || interval < 1) return false;
  if (kind === recordKinds.rotated || kind === recordKinds.deleted) return carried.length === 0;
  if (kind !== recordKinds.value && kind !== recordKinds.fileReference) return false;
  const value = tryDecode(payload, carried);
  return value !== undefined && value.valueVersion > 0 && value.valueVersion <= version;
}

/** Two records of one version, or a history that does not hold the pinned record (SPEC §6.3). */
function isFork({ pin, announced }: Subscription, { record, head }: HeadedRecord): boolean {
  const { version, prevVersion, prevHash } = record;
  if (version === announced.version && !equal(head, announced.head)) return true;
  if (pin.version === 0) return false;
  if (version === pin.version) return !equal(head, pin.head);
  if (prevVersion === pin.version) return !equal(prevHash, pin.head);
  return prevVersion !== 0 && prevVersion < pin.version;
}

/** The known record was seen again. That it is older than what the owner has told of stays in doubt. */
function confirmed(before: Subscription, state: Subscription, context: JudgeContext): Finding {
  if (before.announced.version > before.pin.version) return withheld(before, "rollback", context, state);
  const forked = lasting(before).filter((code) => code === "object-fork");
  return { state: { ...state, doubt: null }, verdict: isExpired(state, context) ? "expired" : "same", alarms: forked };
}

const isExpired = ({ shown }: Subscription, { now }: JudgeContext): boolean =>
  shown !== null && now > shown.validUntil + times.clockTolerance;

function newer(before: Subscription, read: Subscription, record: ObjectRecord, context: JudgeContext): Finding {
  const { now } = context;
  const { topic, valueVersion: version, content: bytes } = payload.decode(record.payload);
  const state: Subscription = { ...read, standing: "value", shown: { topic, version, validUntil: record.validUntil } };
  const isNew = version !== before.shown?.version;
  const content = isNew ? { content: { kind: record.kind as Content["kind"], bytes } } : {};
  if (before.announced.version > record.version) return { ...withheld(before, "rollback", context, state), ...content };
  const alarms: readonly ObjectAlarmCode[] = record.issuedAt > now + times.clockTolerance ? ["clock-skew"] : [];
  return { state: { ...state, doubt: null }, verdict: isExpired(state, context) ? "expired" : "new", alarms, ...content };
}

/** The last record of an epoch, or of the object. */
const ended = (read: Subscription, standing: "rotated" | "deleted"): Finding => ({
  state: { ...read, ...closed, standing },
  verdict: standing,
  alarms: [],
});

/** Versions come from a stranger's store: one that cannot be kept only costs the conditional GET. */
const storable = (version: string): string | null =>
  version !== "" && version.length <= limits.storeVersion && /^[\x20-\x7e]*$/.test(version) ? version : null;
