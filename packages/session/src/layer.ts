import type { CwebId } from "@cweb/discovery";
import type { Transaction } from "@cweb/mailbox";
import type { MessageKind } from "./kinds.ts";

/** A message of one of a layer's kinds, out of a session with its sender. */
export interface ReceivedMessage {
  /** Its kind's number. */
  readonly number: number;
  /** 16 bytes. */
  readonly messageId: Uint8Array;
  /** Milliseconds since 1970, as the sender says. */
  readonly sentAt: number;
  /** At most 56 KiB, a stranger's. */
  readonly payload: Uint8Array;
}

/** `delivered`: the peer has it. `undelivered`: given up for good. `unconfirmed`: given up, and nobody can tell. */
export type MessageOutcome = "delivered" | "undelivered" | "unconfirmed";

/**
 * A protocol above sessions. Its functions run inside the session's own step, so that what they change is committed together with it or not
 * at all; like every step they may run again after a conflict. They must not throw for anything that a peer can send, and must not send to
 * this contact themselves (`Session.enqueue`, `addRider`): they note what is to be sent, and a later step sends it. SPEC §8.1.
 */
export interface SessionLayer {
  /** Messages of these kinds go to this layer and not to the inbox. */
  readonly kinds: readonly MessageKind[];
  /** Riders of these numbers, likewise. */
  readonly riders?: readonly number[];
  /** Takes in a message, each id once. */
  receive(tx: Transaction, from: CwebId, message: ReceivedMessage): void;
  /** Takes in a rider of these numbers. It may come late, and again. */
  takeRider?(tx: Transaction, from: CwebId, rider: { readonly kind: number; readonly bytes: Uint8Array }): void;
  /** What became of an own message of these kinds, once each. An ephemeral one whose session has ended is `unconfirmed`. */
  settle?(tx: Transaction, to: CwebId, messageId: Uint8Array, outcome: MessageOutcome): void;
  /** A session has begun with a contact with whom there was one before, on either side: it may have lost what it was told. */
  renewed?(tx: Transaction, contact: CwebId): void;
  /** The contact was removed: nothing is to be asked of it or made for it any more. */
  removed?(tx: Transaction, contact: CwebId): void;
}
