import type { CwebId } from "@cweb/discovery";
import type { Transaction } from "@cweb/mailbox";
import { type MessageKind, type ReceivedMessage, type SessionLayer, sessionEventCodec } from "../../src/index.ts";

export const passedKind = { number: 510, name: "passed", channels: ["session"] } as const satisfies MessageKind;

function deliver(tx: Transaction, kind: string, contact: CwebId, message: Partial<ReceivedMessage>): void {
  const nothing = { number: passedKind.number, messageId: null, sentAt: 0, payload: new Uint8Array() };
  tx.deliver({ kind, body: sessionEventCodec.encode({ contact, channel: "session", detail: "", ...nothing, ...message }) });
}

/** A layer that passes all it is told on to the application: what holds for the session's own messages must hold for a layer's. */
export const passingLayer: SessionLayer = {
  kinds: [passedKind],
  receive: (tx, from, message) => deliver(tx, "message", from, message),
  settle: (tx, to, messageId, outcome) => deliver(tx, outcome, to, { messageId }),
};
