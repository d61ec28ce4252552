import { toPath } from "@cweb/storage-remote";
import { giveUp } from "../core/delivery.ts";
import { checkAfter, endAfter, endAfterActiveDays, initLife, skippedActiveDays } from "../core/limits.ts";
import { type SentMessage, sentCodec } from "../core/state-codec.ts";
import type { Draft } from "../draft.ts";
import { kinds } from "../kinds.ts";
import { endSession } from "./establish.ts";
import { acknowledgeIfOwed } from "./send.ts";
import { settle } from "./settle.ts";

/** What time brings about, at the end of a round (SPEC "Timers"). Whatever erases goes by the confirmed clock. */

const DAY = 24 * 3600 * 1000;

export interface Round {
  /** The expected name was asked for and nothing was there: an acknowledgement may not be waiting. */
  readonly expectedWasAbsent: boolean;
  /** A message came in this round. */
  readonly heard: boolean;
}

/** Loads what `tend` will look at: a step that lacks something begins again. */
export function prepare(draft: Draft): void {
  if (draft.live) oldestSent(draft);
}

export function tend(draft: Draft, round: Round): void {
  countDay(draft);
  if (draft.live?.delivery.heard) settle(draft, draft.live.delivery.heard);
  giveUpGaps(draft);
  checkUnacked(draft, round);
  acknowledgeIfOwed(draft);
}

function countDay(draft: Draft): void {
  const { tx, state } = draft;
  const today = Math.floor(tx.confirmedNow / DAY);
  if (today === state.lastDay) return;
  draft.state = { ...state, lastDay: today, activeDays: state.activeDays + 1 };
  forgetIds(draft);
}

/** Once a day: ids whose time has come. */
function forgetIds(draft: Draft): void {
  const { names, state } = draft;
  if (state.idsUntil === 0 || state.activeDays <= state.idsUntil) return;
  for (const { name } of draft.scan(names.idPrefix, { limit: 100_000 })) draft.remove(name);
  draft.state = { ...draft.state, idsUntil: 0 };
}

/** A gap is asked for once more after its time; then its key goes, and the peer is told. */
function giveUpGaps(draft: Draft): void {
  const { live, state, tx } = draft;
  if (!live) return;
  const due = [...live.delivery.gaps].filter(([, gap]) => state.activeDays - gap.since >= skippedActiveDays);
  if (due.length === 0) return;
  const gone = due.filter(([, gap]) => gap.asked).map(([name]) => name);
  if (gone.length < due.length) draft.asksPending = true;
  if (gone.length === 0) return;
  const skipped = new Map(live.ratchet.skipped);
  for (const name of gone) {
    const key = skipped.get(name);
    if (key) tx.consume(key.messageKey);
    skipped.delete(name);
  }
  draft.live = { ...live, ratchet: { ...live.ratchet, skipped }, delivery: giveUp(live.delivery, gone, tx.now) };
}

/** Marks a name that was asked for in vain after its time. */
export function markAsked(draft: Draft, name: string): void {
  const { live, state } = draft;
  const gap = live?.delivery.gaps.get(name);
  if (!live || !gap || gap.asked || state.activeDays - gap.since < skippedActiveDays) return;
  const gaps = new Map(live.delivery.gaps).set(name, { ...gap, asked: true });
  draft.live = { ...live, delivery: { ...live.delivery, gaps } };
}

/** Old unacknowledged messages: looked at in the own bucket, and at last the end of the session. */
function checkUnacked(draft: Draft, { expectedWasAbsent, heard }: Round): void {
  const { tx, live, state } = draft;
  if (!live) return;
  if (live.unanswered && tx.confirmedNow - live.unanswered.since >= initLife) {
    expireInit(draft);
    return;
  }
  if (live.delivery.oldestUnacked > live.delivery.lastSeq) return;
  const { first, oldest } = oldestSent(draft);
  // Pure acknowledgements are looked at with the others, but alone only when the peer was heard: it may wait behind a lost one.
  const looked = heard ? first : oldest;
  if (looked && tx.now - looked.committedAt >= checkAfter && Math.abs(tx.now - state.checkedAt) >= checkAfter) {
    draft.state = { ...draft.state, checkedAt: tx.now };
    draft.checks = heard ? "all" : "oldest";
  }
  if (!oldest) return;
  const isOver = tx.confirmedNow - oldest.committedAt >= endAfter && state.activeDays - oldest.activeDay >= endAfterActiveDays;
  if (isOver && expectedWasAbsent && !live.unanswered) {
    endSession(draft);
    draft.state = { ...draft.state, wantsInit: true };
  }
}

/** The oldest message on its way, and the oldest that is not a pure acknowledgement. */
function oldestSent(draft: Draft): { readonly first: SentMessage | undefined; readonly oldest: SentMessage | undefined } {
  const sent = draft.scan(draft.names.sentPrefix, { limit: 256 }).map(({ bytes }) => sentCodec.decode(bytes));
  return { first: sent[0], oldest: sent.find(({ kind }) => kind !== kinds.ack.number) };
}

/**
 * The oldest object not yet acknowledged, and the oldest that carries a payload: a pure acknowledgement in front of it may stay unacknowledged
 * for as long as the peer waits for just that payload.
 */
export function oldestPaths(draft: Draft): readonly ReturnType<typeof toPath>[] {
  const sent = draft.scan(draft.names.sentPrefix, { limit: 256 }).map(({ bytes }) => sentCodec.decode(bytes));
  const objects = sent.filter(({ path }) => path !== "");
  const payload = objects.find(({ kind }) => kind !== kinds.ack.number);
  return [...new Set([...objects.slice(0, 1), ...(payload ? [payload] : [])].map(({ path }) => toPath(path)))];
}

/** All objects not yet acknowledged, for looking at them in the own bucket. */
export function unackedPaths(draft: Draft, limit: number): readonly ReturnType<typeof toPath>[] {
  return draft
    .scan(draft.names.sentPrefix, { limit })
    .map(({ bytes }) => sentCodec.decode(bytes).path)
    .filter((path) => path !== "")
    .map(toPath);
}

/** An unanswered initial message is withdrawn; a new one waits until the contact shows that it is there. */
function expireInit(draft: Draft): void {
  endSession(draft);
  draft.state = { ...draft.state, isExpired: true, wantsInit: true };
}
