import type { Rider } from "../wire/body.ts";
import type { Delivery } from "./delivery.ts";
import type { RatchetState } from "./ratchet-state.ts";

/** The session of this moment. There is one at most for each contact (SPEC "One live session"). */
export interface LiveSession {
  readonly ratchet: RatchetState;
  readonly delivery: Delivery;
  /** The initSeq of the initial message that began it. */
  readonly initSeq: number;
  /** What the own initial message was made for, until the peer's first reply; `null` afterwards and for the responder. */
  readonly unanswered: { readonly gen: number; readonly since: number } | null;
  /** The peer's incarnation that this session is with. */
  readonly peerIncarnation: number;
  /** Whether an own object beside the slot was published: the first one waits for a beacon. */
  readonly hasPublished: boolean;
}

/** The own last initial message to this peer: what an old slot of ours may still show. */
export interface LastInit {
  readonly seq: number;
  readonly ownIncarnation: number;
  readonly peerIncarnation: number;
  /** Seq of the descriptor that it was made with. */
  readonly descriptorSeq: number;
}

/** All that is kept for one contact, in one record. */
export interface SessionState {
  /** The home's incarnation that this state belongs to; another one voids the live session. */
  readonly ownIncarnation: number;
  /** The peer's highest incarnation seen. */
  readonly peerIncarnation: number;
  /** The highest initSeq of a valid initial message, or initFloor, seen from the peer. */
  readonly floor: number;
  readonly lastInit: LastInit | null;
  readonly live: LiveSession | null;
  /** Whether a session is wanted although nothing waits: after an end, a restore, or when a contact is added again. */
  readonly wantsInit: boolean;
  /** An unanswered initial message ran out of time: the next one waits for a newer descriptor. */
  readonly isExpired: boolean;
  /** Order numbers of the queue: the next to be given, and the last that the live session has encrypted. */
  readonly queueNext: number;
  readonly queueCursor: number;
  /** How many payloads of the queue wait to be encrypted. */
  readonly queued: number;
  /** Sent and neither finished nor pure acknowledgements. */
  readonly unacked: number;
  /** Waiting for the next message. */
  readonly riders: readonly Rider[];
  /** Days with a completed round, and the last of them as a day number. */
  readonly activeDays: number;
  readonly lastDay: number;
  /** Message ids of earlier sessions are kept up to this active day; 0: there are none. */
  readonly idsUntil: number;
  readonly lastHeardAt: number;
  /** When the unacknowledged objects were last looked at in the own bucket. */
  readonly checkedAt: number;
  /** A removed contact: kept only for what an old slot may still show. */
  readonly isRemoved: boolean;
}

export function newSessionState(incarnation: number): SessionState {
  return {
    ownIncarnation: incarnation,
    peerIncarnation: 0,
    floor: 0,
    lastInit: null,
    live: null,
    wantsInit: false,
    isExpired: false,
    queueNext: 1,
    queueCursor: 0,
    queued: 0,
    unacked: 0,
    riders: [],
    activeDays: 0,
    lastDay: 0,
    idsUntil: 0,
    lastHeardAt: 0,
    checkedAt: 0,
    isRemoved: false,
  };
}
