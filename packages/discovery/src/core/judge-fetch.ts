import { type CipherSuite, equal, type Random } from "@cweb/crypto";
import type { ReadResult } from "@cweb/storage-remote";
import type { AlarmCode, ContactState, Doubt } from "./contact.ts";
import { limits, times } from "./limits.ts";
import { freshness, type PeerDescriptor, readPinned } from "./peer-descriptor.ts";
import { hasUsableKeys, verifyDescriptor } from "./verify-descriptor.ts";

export interface FetchOutcome {
  /** The descriptor that this fetch confirmed or brought. */
  readonly accepted?: PeerDescriptor;
  /** Whether it is another one than before. */
  readonly changed: boolean;
  /** Whether the peer began a new incarnation since the pinned descriptor: its sessions are void. */
  readonly incarnationRose: boolean;
  readonly raised: readonly AlarmCode[];
  readonly cleared: readonly AlarmCode[];
  /** The signed profile of another bucket: fetch again from there. */
  readonly moved?: Uint8Array;
  /** Ask again then, in ms: an older descriptor than known was served. */
  readonly askAgainAt?: number;
}

export interface Judgement {
  readonly state: ContactState;
  readonly outcome: FetchOutcome;
}

export interface JudgeContext {
  readonly crypto: CipherSuite;
  readonly random: Random;
  readonly now: number;
  /** The own X25519 private key, for refusing keys of small order. */
  readonly agreementKey: Uint8Array;
}

/** What one answer means, before it is compared with the alarms that stand. */
interface Finding {
  readonly state: ContactState;
  readonly alarms: readonly AlarmCode[];
  readonly accepted?: PeerDescriptor;
  readonly changed?: boolean;
  readonly incarnationRose?: boolean;
  readonly moved?: Uint8Array;
}

/** Judges one answer of a contact's store to the GET of its descriptor (SPEC §4). */
export function judgeFetch(state: ContactState, result: ReadResult, context: JudgeContext): Judgement {
  const finding = find(state, result, context);
  const { alarms, accepted, moved } = finding;
  const before = state.alarms.map((alarm) => alarm.code);
  const kept = state.alarms.filter((alarm) => alarms.includes(alarm.code));
  const raised = alarms.filter((code) => !before.includes(code));
  const next = { ...finding.state, alarms: [...kept, ...raised.map((code) => ({ code, since: context.now }))] };
  return {
    state: next,
    outcome: {
      changed: finding.changed ?? false,
      incarnationRose: finding.incarnationRose ?? false,
      raised,
      cleared: before.filter((code) => !alarms.includes(code)),
      ...(accepted === undefined ? {} : { accepted }),
      ...(moved === undefined ? {} : { moved }),
      ...(next.doubt === null ? {} : { askAgainAt: context.now + times.askAgain }),
    },
  };
}

function find(state: ContactState, result: ReadResult, context: JudgeContext): Finding {
  switch (result.kind) {
    case "absent":
      return unanswered(state, "object-missing", context);
    case "forbidden":
      return unanswered(state, "access-refused", context);
    case "unchanged":
      return unchanged(state, context);
    case "found":
      return found(state, result, context);
  }
}

/** What stands until a descriptor at least as new as the pinned one has been read: a bad answer proves nothing about these. */
const lasting: readonly AlarmCode[] = ["descriptor-rollback", "descriptor-fork", "descriptor-stale", "profile-mismatch"];
const standing = (state: ContactState, now: number): readonly AlarmCode[] => {
  const codes = state.alarms.map((alarm) => alarm.code).filter((code) => lasting.includes(code));
  return [...new Set([...codes, ...staleness(state, now)])];
};

function staleness(state: ContactState, now: number): readonly AlarmCode[] {
  if (state.pinned === null || state.expiresAt === null) return [];
  return freshness({ expiresAt: state.expiresAt }, now) === "current" ? [] : ["descriptor-stale"];
}

const ignored = (state: ContactState, code: AlarmCode, now: number): Finding => ({
  state,
  alarms: [...new Set([...standing(state, now), code])],
});

function unanswered(state: ContactState, code: AlarmCode, { now }: JudgeContext): Finding {
  const wasSeen = state.pinned !== null || state.minSeq > 0;
  // A card may be handed over before its owner has been online: that is no alarm for a day.
  if (!wasSeen && now - state.addedAt < times.pending) return { state, alarms: standing(state, now) };
  return ignored(state, code, now);
}

function unchanged(state: ContactState, context: JudgeContext): Finding {
  if (state.pinned === null) return { state, alarms: standing(state, context.now) };
  return confirmed(state, readPinned(context.crypto, state.pinned), context.now);
}

/** The pinned descriptor was served: that clears everything but its own age, a fork, and a move that is under way. */
function confirmed(state: ContactState, pinned: PeerDescriptor, now: number): Finding {
  const kept = state.alarms.map((alarm) => alarm.code).filter((code) => code === "descriptor-fork");
  return {
    state: { ...state, fetchedAt: now, doubt: null },
    alarms: [...kept, ...staleness(state, now), ...skew(pinned, now)],
    accepted: pinned,
  };
}

const skew = (d: PeerDescriptor, now: number): readonly AlarmCode[] => (d.issuedAt - now > times.clockTolerance ? ["clock-skew"] : []);

const isAhead = (d: PeerDescriptor, now: number): boolean => Math.max(d.seq, d.incarnation, d.gen, d.issuedAt) > now + times.tickAhead;

function found(state: ContactState, result: ReadResult & { readonly kind: "found" }, context: JudgeContext): Finding {
  const { crypto, now } = context;
  const verification = verifyDescriptor(crypto, state.idBytes, result.bytes);
  if (verification.kind === "other-identity") return ignored(state, "identity-changed", now);
  if (verification.kind === "invalid") return ignored(state, "object-invalid", now);
  const { descriptor, body } = verification;
  if (isAhead(descriptor, now)) return ignored(state, "clock-skew", now);
  const pinned = state.pinned === null ? undefined : readPinned(crypto, state.pinned);
  if (descriptor.seq < Math.max(state.minSeq, pinned?.seq ?? 0)) return older(state, now);
  if (pinned !== undefined && isFork(pinned, descriptor)) return ignored(state, "descriptor-fork", now);
  const version = storableVersion(result.version);
  if (pinned?.seq === descriptor.seq) return confirmed({ ...state, version }, pinned, now);
  if (!hasUsableKeys(crypto, context, descriptor, pinned === undefined)) return ignored(state, "object-invalid", now);
  if (!equal(descriptor.profile, state.profile)) return movedAway(state, descriptor, now);
  const next: ContactState = {
    ...state,
    minSeq: descriptor.seq,
    fetchedAt: now,
    version,
    pinned: body,
    expiresAt: descriptor.expiresAt,
    doubt: null,
  };
  return {
    state: next,
    alarms: [...staleness(next, now), ...skew(descriptor, now)],
    accepted: descriptor,
    changed: true,
    incarnationRose: pinned !== undefined && descriptor.incarnation > pinned.incarnation,
  };
}

/** Versions come from a stranger's store: one that cannot be kept only costs the conditional GET. */
const storableVersion = (version: string): string | null =>
  version.length <= limits.version && /^[\x20-\x7e]*$/.test(version) ? version : null;

function isFork(pinned: PeerDescriptor, descriptor: PeerDescriptor): boolean {
  if (descriptor.seq === pinned.seq) return !equal(descriptor.hash, pinned.hash);
  return descriptor.prevSeq === pinned.seq && !equal(descriptor.prevHash, pinned.hash);
}

/** Only the owner can sign another place; it is believed when its bucket shows a descriptor that says the same (SPEC §4.3). */
function movedAway(state: ContactState, descriptor: PeerDescriptor, now: number): Finding {
  const next = { ...state, profile: descriptor.profile, minSeq: descriptor.seq, version: null };
  return { ...ignored(next, "profile-mismatch", now), moved: descriptor.profile };
}

/** A lower seq: stale at first, a rollback when it stood for 3 polls and 10 minutes. */
function older(state: ContactState, now: number): Finding {
  const doubt: Doubt = state.doubt === null ? { since: now, polls: 1 } : { since: state.doubt.since, polls: state.doubt.polls + 1 };
  const stood = doubt.polls >= limits.rollbackPolls && now - doubt.since >= times.rollbackAfter;
  const rollback: readonly AlarmCode[] = stood ? ["descriptor-rollback"] : [];
  return { state: { ...state, doubt }, alarms: [...new Set([...standing(state, now), "descriptor-stale" as const, ...rollback])] };
}
