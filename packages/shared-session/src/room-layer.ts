import type { CwebId } from "@cweb/discovery";
import type { Transaction } from "@cweb/mailbox";
import { type MessageKind, type MessageOutcome, type ReceivedMessage, riderKinds, type SessionLayer } from "@cweb/session";
import type { RoomTools } from "./room-draft.ts";
import { receiveHeads, receiveLetter, renewSession, settleLetter } from "./step/room-steps.ts";
import { roomKinds } from "./wire/kinds.ts";

/** What sessions hand to rooms. Everything happens in the session's own step. */
export class RoomLayer implements SessionLayer {
  readonly kinds: readonly MessageKind[] = Object.values(roomKinds);
  readonly riders: readonly number[] = [riderKinds.roomHeads];
  readonly #tools: RoomTools;

  constructor(tools: RoomTools) {
    this.#tools = tools;
  }

  receive(tx: Transaction, from: CwebId, message: ReceivedMessage): void {
    receiveLetter(tx, this.#tools, from, message);
  }

  takeRider(tx: Transaction, from: CwebId, { bytes }: { readonly kind: number; readonly bytes: Uint8Array }): void {
    receiveHeads(tx, this.#tools, from, bytes);
  }

  settle(tx: Transaction, to: CwebId, messageId: Uint8Array, outcome: MessageOutcome): void {
    settleLetter(tx, this.#tools, to, messageId, outcome);
  }

  renewed(tx: Transaction, contact: CwebId): void {
    renewSession(tx, this.#tools, contact);
  }
}
