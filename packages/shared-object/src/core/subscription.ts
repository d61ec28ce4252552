import { equal, type Secret } from "@cweb/crypto";
import type { KeyMessage } from "../wire/key-message.ts";
import { limits, times, zeros } from "./limits.ts";
import type { ObjectId } from "./object-id.ts";
import type { Head } from "./owned-object.ts";

/** Append-only. What an application is told of an object (SPEC §6.4). */
export const objectStates = ["current", "stale", "key-pending", "revoked", "deleted"] as const;
export type ObjectState = (typeof objectStates)[number];

/** Append-only. */
export const objectAlarmCodes = ["object-rollback", "object-fork", "object-invalid", "object-missing", "clock-skew"] as const;
export type ObjectAlarmCode = (typeof objectAlarmCodes)[number];

export interface ObjectAlarm {
  readonly code: ObjectAlarmCode;
  /** Since when, in ms. */
  readonly since: number;
}

/** How far the reading of an object has come: `waiting` for the first record, a `value`, or one of three ends of an epoch. */
export const standings = ["waiting", "value", "rotated", "deleted", "revoked"] as const;
export type Standing = (typeof standings)[number];

/** The value that was read last. */
export interface Shown {
  readonly topic: string;
  /** Of the record that brought the value: other records repeat it. */
  readonly version: number;
  readonly validUntil: number;
}

/** What a subscriber keeps of an object; the value itself is kept beside it. */
export interface Subscription {
  readonly objectId: ObjectId;
  /** Never changes. */
  readonly verifyKey: Uint8Array;
  readonly epoch: number;
  /** `null`: erased, for nothing more is to be read in this epoch. */
  readonly key: Secret | null;
  readonly standing: Standing;
  /** The newest record that was read. */
  readonly pin: Head;
  /** Whether it was of this epoch: before, there may be nothing to read yet. */
  readonly isSeen: boolean;
  /** The newest record that the owner has told of. */
  readonly announced: Head;
  readonly shown: Shown | null;
  /** Seconds. */
  readonly interval: number;
  /** For the conditional GET: the stored version of the pinned record. */
  readonly storeVersion: string | null;
  readonly polledAt: number;
  /** To be asked for at once. */
  readonly isWanted: boolean;
  /** Answers in a row that did not confirm what is known. */
  readonly doubt: { readonly since: number; readonly polls: number } | null;
  readonly alarms: readonly ObjectAlarm[];
  /** The state of which the application was told last. */
  readonly told: ObjectState | null;
}

const none: Head = { version: 0, head: zeros() };

/** What became of a key message. `ahead`: of a clock that runs ahead, or ours is behind; it is to be kept. */
export type Taking =
  | { readonly kind: "taken"; readonly state: Subscription; readonly consumed: readonly Uint8Array[] }
  | { readonly kind: "ignored" }
  | { readonly kind: "ahead" };

/** Takes in so/key (SPEC §6.1). */
export function takeKey(before: Subscription | undefined, message: KeyMessage, now: number): Taking {
  if (Math.max(message.epoch, message.version) > now + times.tickAhead) return { kind: "ahead" };
  const { objectId, epoch, key, verifyKey } = message;
  if (!before) return { kind: "taken", state: announce(newSubscription({ objectId, epoch, key, verifyKey }), message), consumed: [] };
  if (before.standing === "deleted" || !equal(before.verifyKey, verifyKey) || epoch < before.epoch) return { kind: "ignored" };
  if (epoch === before.epoch && before.standing !== "revoked") {
    const isSame = before.key !== null && equal(before.key, key);
    return isSame ? { kind: "taken", state: announce(before, message), consumed: [] } : { kind: "ignored" };
  }
  const standing = before.shown === null ? "waiting" : "value";
  const next: Subscription = { ...before, epoch, key, standing, isSeen: false, storeVersion: null, isWanted: true, doubt: null };
  return { kind: "taken", state: announce(next, message), consumed: before.key === null ? [] : [before.key] };
}

function newSubscription(key: Pick<Subscription, "objectId" | "epoch" | "key" | "verifyKey">): Subscription {
  return {
    ...key,
    standing: "waiting",
    pin: none,
    isSeen: false,
    announced: none,
    shown: null,
    interval: 1,
    storeVersion: null,
    polledAt: 0,
    isWanted: true,
    doubt: null,
    alarms: [],
    told: null,
  };
}

/** Takes in so/end (SPEC §6.2). An end of an epoch that is over already changes nothing. */
export function takeEnd(before: Subscription, epoch: number, now: number): Subscription {
  if (epoch > now + times.tickAhead || epoch <= before.epoch || before.standing === "deleted") return before;
  return { ...before, epoch, ...closed, standing: "revoked" };
}

/** Nothing more is read in this epoch. */
export const closed = { key: null, storeVersion: null, isWanted: false, doubt: null, alarms: [] } as const;

/** Takes in so-head (SPEC §6.3). */
export function takeHead(before: Subscription, head: Head, now: number): Subscription {
  return head.version > now + times.tickAhead ? before : announce(before, head);
}

function announce(before: Subscription, { version, head }: Head): Subscription {
  if (version <= before.announced.version) return before;
  const { key, pin } = before;
  const isNews = key !== null && (version > pin.version || (version === pin.version && !equal(head, pin.head)));
  return { ...before, announced: { version, head }, isWanted: before.isWanted || isNews };
}

/** Whether the object is to be asked for now. */
export function isDue({ key, isWanted, polledAt, interval, doubt }: Subscription, now: number): boolean {
  if (key === null) return false;
  const wait = doubt ? Math.min(interval * 1000, times.askAgain) : interval * 1000;
  return isWanted || now < polledAt || now - polledAt >= wait;
}

/** What an application is to know of the object now; `undefined` before the first record was read. */
export function stateAt({ standing, shown, doubt }: Subscription, now: number): ObjectState | undefined {
  switch (standing) {
    case "revoked":
    case "deleted":
      return standing;
    case "rotated":
      return "key-pending";
    case "waiting":
      return undefined;
    case "value":
      return doubt !== null || now > (shown?.validUntil ?? 0) + times.clockTolerance ? "stale" : "current";
  }
}

/** What does not confirm what is known is an alarm only when it stood for 3 polls and 10 minutes; before the epoch's first record, a day. */
export function doubted(
  before: Subscription,
  now: number,
): { readonly doubt: NonNullable<Subscription["doubt"]>; readonly hasStood: boolean } {
  const since = before.doubt === null ? now : Math.min(before.doubt.since, now);
  const doubt = { since, polls: (before.doubt?.polls ?? 0) + 1 };
  const patience = before.isSeen ? times.withheldAfter : times.awaited;
  return { doubt, hasStood: doubt.polls >= limits.withheldPolls && now - since >= patience };
}
