import { array, bool, type Codec, codec, nullable, struct, type TypeOf, text, u64 } from "@cweb/serialization";
import { descriptorInterval, keptReported, rotationEvery, slotInterval } from "./limits.ts";

/** Which one object a round asks for (SPEC "One GET a round"). Pure; the place in the schedule is stored, so that short-lived processes share it. */

const pollType = struct({
  round: u64,
  lastRoundAt: u64,
  lastWasStandIn: bool,
  /** While the own initial message is unanswered, slot and first name take turns. */
  slotTurn: bool,
  slotDue: u64,
  descriptorDue: u64,
  rotationDue: u64,
  /** Rounds in which each was taken last; 0: never. */
  slotTaken: u64,
  descriptorTaken: u64,
  rotationTaken: u64,
  /** Places of the rotation: names ahead, names passed over, and whose turn it is. */
  aheadCursor: u64,
  pendingCursor: u64,
  pendingTurn: bool,
  /** For the conditional GET of the own slot in the contact's bucket, and which slot that was. */
  slotPath: text(64),
  slotVersion: nullable(text(256)),
  /** When the slot was last read whole, in ms. */
  slotReadAt: u64,
  /** Rounds in a row in which the contact's store did not answer, and since when. */
  failures: u64,
  failingSince: u64,
  /** Paths of objects that were reported as undecryptable, the newest last: each is reported once. */
  reported: array(text(64), keptReported),
});

export type PollState = TypeOf<typeof pollType>;
export const pollCodec: Codec<PollState> = codec(pollType, { maxBytes: 8192 });

export const newPollState: PollState = {
  round: 0,
  lastRoundAt: 0,
  lastWasStandIn: false,
  slotTurn: false,
  slotDue: 0,
  descriptorDue: 0,
  rotationDue: 0,
  slotTaken: 0,
  descriptorTaken: 0,
  rotationTaken: 0,
  aheadCursor: 0,
  pendingCursor: 0,
  pendingTurn: false,
  slotPath: "",
  slotVersion: null,
  slotReadAt: 0,
  failures: 0,
  failingSince: 0,
  reported: [],
};

export type Turn = "expected" | "slot" | "descriptor" | "rotation";
export type Phase = "none" | "unanswered" | "established";

export interface Situation {
  readonly phase: Phase;
  /** Without a descriptor nothing else can be asked for. */
  readonly hasDescriptor: boolean;
  readonly now: number;
  /** The first of the two rounds after a pause: a stand-in would hide a waiting message. */
  readonly expectedOnly: boolean;
}

const intervals = { slot: slotInterval, descriptor: descriptorInterval } as const;
type StandIn = Exclude<Turn, "expected">;
const takenKey = { slot: "slotTaken", descriptor: "descriptorTaken", rotation: "rotationTaken" } as const;

/** What this round asks for. A stand-in never follows another; of several due ones it is the one taken longest ago. */
export function planRound(poll: PollState, situation: Situation): { readonly turn: Turn; readonly poll: PollState } {
  const next = { ...poll, round: poll.round + 1 };
  if (!situation.hasDescriptor) return { turn: "descriptor", poll: taken(next, "descriptor", situation.now) };
  const standIn = situation.expectedOnly || poll.lastWasStandIn ? undefined : dueStandIn(next, situation);
  if (standIn) return { turn: standIn, poll: { ...taken(next, standIn, situation.now), lastWasStandIn: true } };
  const rest = { ...next, lastWasStandIn: false };
  if (situation.phase === "none") return { turn: "slot", poll: rest };
  if (situation.expectedOnly) return { turn: "expected", poll: { ...rest, slotTurn: situation.phase === "unanswered" } };
  if (situation.phase === "established") return { turn: "expected", poll: rest };
  return { turn: poll.slotTurn ? "slot" : "expected", poll: { ...rest, slotTurn: !poll.slotTurn } };
}

/** A session begins: nothing of it can be ahead or in the slot yet, so the first rounds are for its messages. */
export const beginSchedule = (poll: PollState, now: number): PollState => ({
  ...poll,
  slotDue: now + slotInterval,
  rotationDue: poll.round + rotationEvery,
});

/** The schedule after a round whose request failed: what was due stays due, but lets the others go first. */
export function afterFailure(before: PollState, planned: PollState, now: number): PollState {
  const { slotDue, descriptorDue, lastRoundAt, failures } = before;
  const failingSince = failures === 0 ? now : before.failingSince;
  return { ...planned, slotDue, descriptorDue, lastRoundAt, failures: failures + 1, failingSince };
}

/** Whether the second of the two rounds after a pause has something to ask for. */
export function isSecondDue(poll: PollState, { phase, now }: Pick<Situation, "phase" | "now">): boolean {
  return phase === "unanswered" || dueStandIn(poll, { phase, now }) !== undefined;
}

/** The stand-in that a round would take, if one is due. */
export function dueStandIn(poll: PollState, { phase, now }: Pick<Situation, "phase" | "now">): StandIn | undefined {
  const due: StandIn[] = [];
  if (phase === "established" && isDue(poll.slotDue, now, slotInterval)) due.push("slot");
  if (isDue(poll.descriptorDue, now, descriptorInterval)) due.push("descriptor");
  if (phase !== "none" && poll.round >= poll.rotationDue) due.push("rotation");
  return due.sort((a, b) => poll[takenKey[a]] - poll[takenKey[b]])[0];
}

/** A clock set back must not put a stand-in off for longer than its interval. */
const isDue = (due: number, now: number, interval: number): boolean => now >= due || due - now > interval;

function taken(poll: PollState, standIn: StandIn, now: number): PollState {
  const mark = { [takenKey[standIn]]: poll.round };
  if (standIn === "rotation") return { ...poll, ...mark, rotationDue: poll.round + rotationEvery };
  return { ...poll, ...mark, [`${standIn}Due`]: now + intervals[standIn] };
}

/** The rotation's next name. Names ahead and names passed over have a place each and take turns. */
export function turnRotation(
  poll: PollState,
  ahead: readonly string[],
  pending: readonly string[],
): { readonly name: string | undefined; readonly poll: PollState } {
  const pendingTurn = !poll.pendingTurn;
  const flipped = { ...poll, pendingTurn };
  if (pending.length > 0 && (pendingTurn || ahead.length === 0)) {
    return { name: pending[poll.pendingCursor % pending.length], poll: { ...flipped, pendingCursor: poll.pendingCursor + 1 } };
  }
  if (ahead.length === 0) return { name: undefined, poll: flipped };
  return { name: ahead[poll.aheadCursor % ahead.length], poll: { ...flipped, aheadCursor: poll.aheadCursor + 1 } };
}

/** The expected name moved: what is ahead begins anew; what was passed over keeps its place, else steady traffic would starve it. */
export const restartAhead = (poll: PollState): PollState => ({ ...poll, aheadCursor: 0 });
