import { equal } from "@cweb/crypto";
import { type CwebId, decodeId } from "@cweb/discovery";
import { decodeFileReference, FileSharingError } from "@cweb/file-sharing";
import type { Transaction } from "@cweb/mailbox";
import { type MessageKind, type ReceivedMessage, type SessionEvent, type SessionLayer, sessionEventCodec } from "@cweb/session";
import {
  decodePlaces,
  decodeReceived,
  decodeSent,
  encodePlace,
  encodePlaces,
  encodeReceived,
  fileNames,
  receivedPrefix,
} from "./core/file-records.ts";
import { formatMessageId } from "./core/message-id.ts";

/** A File Reference, from the one who stored the file. */
export const fileKind = { number: 24, name: "file", channels: ["session", "one-off", "room"] } as const satisfies MessageKind;

/** Received files are found by their message for so long as no more than this many newer ones came. */
export const keptFiles = 10_000;
const mostSent = 100_000;

const nothing = new Uint8Array();

/** Takes in references to files: they count only from their file's owner, inside a session (SPEC §7.1). */
export const fileLayer: SessionLayer = {
  kinds: [fileKind],
  receive(tx, from, message) {
    const refusal = refusalOf(from, message.payload);
    if (refusal) {
      deliver(tx, refusal.kind, { ...about(from, message), detail: refusal.detail });
      return;
    }
    keep(tx, from, message);
    deliver(tx, "message", { ...about(from, message), sentAt: message.sentAt, payload: message.payload });
  },
  settle(tx, to, messageId, outcome) {
    // So that sharing the file again sends it again.
    if (outcome !== "delivered") forgetSent(tx, to, (sent) => equal(sent, messageId));
    deliver(tx, outcome, about(to, { messageId, number: fileKind.number }));
  },
  removed(tx, contact) {
    forgetSent(tx, contact, () => true);
    for (const { name, bytes } of tx.scan(receivedPrefix, { limit: keptFiles })) {
      const received = decodeReceived(bytes);
      if (received.contact !== contact) continue;
      tx.remove(name);
      tx.remove(fileNames.placeOf(formatMessageId(received.messageId)));
    }
  },
};

function about(contact: CwebId, { messageId, number }: Pick<ReceivedMessage, "messageId" | "number">): SessionEvent {
  return { contact, channel: "session", messageId, number, sentAt: 0, detail: "", payload: nothing };
}

function deliver(tx: Transaction, kind: string, event: SessionEvent): void {
  tx.deliver({ kind, body: sessionEventCodec.encode(event) });
}

/** Why a reference from this contact or member does not count; `undefined`: it does. */
export function refusalOf(
  from: CwebId,
  payload: Uint8Array,
): { readonly kind: "undecryptable" | "unsupported"; readonly detail: string } | undefined {
  try {
    const { owner } = decodeFileReference(payload);
    // Whoever passes on another's reference could make this home ask a third one's store.
    return equal(owner, decodeId(from) ?? nothing) ? undefined : { kind: "undecryptable", detail: "file-owner" };
  } catch (error) {
    if (!(error instanceof FileSharingError)) throw error;
    return { kind: error.code === "unsupported-version" ? "unsupported" : "undecryptable", detail: "file-reference" };
  }
}

function keep(tx: Transaction, contact: CwebId, { messageId, sentAt, payload: reference }: ReceivedMessage): void {
  const placeOf = fileNames.placeOf(formatMessageId(messageId));
  // Another contact's file has this id: whose it was first, it stays.
  if (tx.get(placeOf)) return;
  const { first, next } = decodePlaces(tx.get(fileNames.places));
  const oldest = fileNames.at(first);
  const isFull = next - first >= keptFiles;
  const left = isFull ? tx.get(oldest) : undefined;
  if (left) {
    tx.remove(oldest);
    tx.remove(fileNames.placeOf(formatMessageId(decodeReceived(left).messageId)));
  }
  tx.put(fileNames.places, encodePlaces({ first: isFull ? first + 1 : first, next: next + 1 }));
  tx.put(fileNames.at(next), encodeReceived({ contact, messageId, sentAt, reference }));
  tx.put(placeOf, encodePlace(next));
}

function forgetSent(tx: Transaction, contact: CwebId, isOver: (messageId: Uint8Array) => boolean): void {
  for (const { name, bytes } of tx.scan(fileNames.sentTo(contact), { limit: mostSent })) {
    if (isOver(decodeSent(bytes))) tx.remove(name);
  }
}
