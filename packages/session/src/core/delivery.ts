import { maxLost, maxMissing } from "./limits.ts";
import { addId, noReceivedIds, type ReceivedIds, withoutIds } from "./received-ids.ts";

/** Who has what of one session: numbers, gaps, acknowledgements (SPEC "Acknowledging"). Pure. */
export interface Delivery {
  /** Of the message sent last; 0 before the first. */
  readonly lastSeq: number;
  /** The oldest own seq that may be unfinished. */
  readonly oldestUnacked: number;
  /** The highest seq received. */
  readonly high: number;
  /** Names passed over, whose keys the ratchet keeps. */
  readonly gaps: ReadonlyMap<string, Gap>;
  /** Given up; told to the peer until a body that said so is acknowledged, and not as lost itself. */
  readonly lost: readonly number[];
  /** When the oldest message not yet acknowledged arrived, and how many such there are. */
  readonly owedSince: number | null;
  readonly owedCount: number;
  /** Ids of received messages whose acknowledgement the peer is not known to have. */
  readonly ids: ReceivedIds;
  /** What the peer said that is not believed yet: it finishes messages whose upload this home does not know of. */
  readonly heard: Acknowledgement | null;
}

export interface Gap {
  readonly seq: number;
  /** Active day on which it was found. */
  readonly since: number;
  /** Whether it was asked for once more after its time. */
  readonly asked: boolean;
}

/** What a body says of the other direction. */
export interface Acknowledgement {
  readonly ack: number;
  readonly missing: readonly number[];
  readonly lost: readonly number[];
}

export const newDelivery: Delivery = {
  lastSeq: 0,
  oldestUnacked: 1,
  high: 0,
  gaps: new Map(),
  lost: [],
  owedSince: null,
  owedCount: 0,
  ids: noReceivedIds,
  heard: null,
};

/** Ack stays below the 33rd missing, and below the 33rd lost, seq. */
export function acknowledgement({ high, gaps, lost }: Pick<Delivery, "high" | "gaps" | "lost">): Acknowledgement {
  const missing = [...gaps.values()].map(({ seq }) => seq).sort((a, b) => a - b);
  const given = [...lost].sort((a, b) => a - b);
  const ack = Math.min(high, (missing[maxMissing] ?? Number.POSITIVE_INFINITY) - 1, (given[maxLost] ?? Number.POSITIVE_INFINITY) - 1);
  const upTo = (seq: number): boolean => seq <= ack;
  return { ack, missing: missing.filter(upTo), lost: given.filter(upTo) };
}

/** Names and seqs run in step, so a message's seq is known before it is read. */
export function expectedSeq({ high, gaps }: Delivery, name: string, passedOver: readonly string[]): number {
  return gaps.get(name)?.seq ?? high + passedOver.length + 1;
}

export interface Received {
  readonly name: string;
  readonly seq: number;
  readonly messageId: Uint8Array;
  readonly isPure: boolean;
  readonly passedOver: readonly string[];
}

export function recordReceived(delivery: Delivery, received: Received, now: number, activeDay: number): Delivery {
  const { name, seq, messageId, isPure, passedOver } = received;
  const gaps = new Map(delivery.gaps);
  gaps.delete(name);
  for (const [i, passed] of passedOver.entries()) gaps.set(passed, { seq: delivery.high + 1 + i, since: activeDay, asked: false });
  const owed = isPure ? {} : { owedSince: delivery.owedSince ?? now, owedCount: delivery.owedCount + 1 };
  const ids = isPure ? delivery.ids : addId(delivery.ids, seq, messageId);
  return { ...delivery, high: Math.max(delivery.high, seq), gaps, ids, ...owed };
}

/** The body numbered `seq` is on its way: it carries the acknowledgement, so none is owed. */
export function recordSent(delivery: Delivery): { readonly delivery: Delivery; readonly seq: number } {
  const seq = delivery.lastSeq + 1;
  return { seq, delivery: { ...delivery, lastSeq: seq, owedSince: null, owedCount: 0 } };
}

/** The peer has read an own body that said `said`: what it told need not be told or kept any more. */
export function recordRead(delivery: Delivery, said: Acknowledgement): Delivery {
  const isKnown = (seq: number): boolean => seq <= said.ack && !said.missing.includes(seq) && !said.lost.includes(seq);
  return {
    ...delivery,
    lost: delivery.lost.filter((seq) => !said.lost.includes(seq)),
    ids: withoutIds(delivery.ids, isKnown),
  };
}

/** Gives gaps up for good; the peer is owed the news. */
export function giveUp(delivery: Delivery, names: readonly string[], now: number): Delivery {
  if (names.length === 0) return delivery;
  const gaps = new Map(delivery.gaps);
  const lost = [...delivery.lost];
  for (const name of names) {
    const gap = gaps.get(name);
    if (!gap) continue;
    gaps.delete(name);
    lost.push(gap.seq);
  }
  return { ...delivery, gaps, lost, owedSince: delivery.owedSince ?? now };
}
