import { compare } from "@cweb/crypto";
import { clockTolerance } from "./limits.ts";
import type { SessionState } from "./state.ts";

/** Which of two initial messages stands, and what a peer's new incarnation means (SPEC "Collisions and resets"). Pure. */

export interface PeerInit {
  readonly initSeq: number;
  readonly sawSeq: number;
  /** The initiator's incarnation. */
  readonly incarnation: number;
}

/**
 * `ignored`: not valid (any more). `accepted`: its session becomes the live one. `outdone`: the own outstanding one stands; only its message 0
 * is read. `renewed`: an own one that was withdrawn would win, so it is made anew.
 */
export type InitVerdict = "ignored" | "accepted" | "outdone" | "renewed";

export function judgeInit(
  state: SessionState,
  init: PeerInit,
  ids: { readonly own: Uint8Array; readonly peer: Uint8Array },
  now: number,
): InitVerdict {
  if (Math.max(init.initSeq, init.incarnation) > now + clockTolerance) return "ignored";
  if (init.incarnation < state.peerIncarnation || init.initSeq <= state.floor) return "ignored";
  const own = outstanding(state);
  if (!own) return "accepted";
  const isVoid = own.peerIncarnation !== init.incarnation || init.sawSeq >= own.seq;
  if (isVoid || compare(ids.peer, ids.own) < 0) return "accepted";
  return own.isWithdrawn ? "renewed" : "outdone";
}

/** The own unanswered initial message; also one withdrawn unanswered, since an old slot may still show it. */
function outstanding({
  live,
  lastInit,
  ownIncarnation,
}: SessionState): { seq: number; peerIncarnation: number; isWithdrawn: boolean } | undefined {
  if (live?.unanswered) return { seq: live.initSeq, peerIncarnation: live.peerIncarnation, isWithdrawn: false };
  if (live || lastInit?.ownIncarnation !== ownIncarnation) return undefined;
  return { seq: lastInit.seq, peerIncarnation: lastInit.peerIncarnation, isWithdrawn: true };
}

/** The state with what any valid initial message or reply proves of the peer. */
export function learnPeer(state: SessionState, incarnation: number, floor: number): SessionState {
  return { ...state, peerIncarnation: Math.max(state.peerIncarnation, incarnation), floor: Math.max(state.floor, floor) };
}

export interface SeenDescriptor {
  readonly incarnation: number;
  readonly oldestGen: number;
  readonly seq: number;
}

/**
 * What a peer's descriptor means for the live session. `void`: the peer has lost it. `remake`: the own initial message can not be read any more.
 */
export function judgeDescriptor(state: SessionState, descriptor: SeenDescriptor): "stands" | "void" | "remake" {
  const { live } = state;
  if (!live) return "stands";
  const rose = descriptor.incarnation > live.peerIncarnation;
  if (live.unanswered) return rose || live.unanswered.gen < descriptor.oldestGen ? "remake" : "stands";
  return rose ? "void" : "stands";
}
