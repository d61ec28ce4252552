import { utf8 } from "@cweb/crypto";
import type { CwebId } from "@cweb/discovery";
import type { Transaction } from "@cweb/mailbox";
import { createKindRegistry, type KindRegistry, type MessageKind, type SessionLayer } from "../../src/index.ts";
import type { TestPeer } from "./world.ts";

/** A protocol above sessions that writes down, for each contact, all that it is told: one record, one line for each. */
export const noteKinds = {
  note: { number: 500, name: "note", channels: ["session"] },
  whisper: { number: 501, name: "whisper", channels: ["session"], isEphemeral: true },
  leaflet: { number: 24, name: "leaflet", channels: ["session", "one-off", "room"] },
  chalk: { number: 503, name: "chalk", channels: ["room"] },
} as const satisfies Record<string, MessageKind>;
export const noteRider = 600;

const recordOf = (contact: CwebId): string => `notes/${contact}`;
const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

function write(tx: Transaction, contact: CwebId, line: string): void {
  tx.put(recordOf(contact), utf8(`${text(tx.get(recordOf(contact)))}${line}\n`));
}

export const noteLayer: SessionLayer = {
  kinds: Object.values(noteKinds),
  riders: [noteRider],
  receive: (tx, from, { number, payload }) => write(tx, from, `received ${number} ${text(payload)}`),
  takeRider: (tx, from, { bytes }) => write(tx, from, `rider ${text(bytes)}`),
  settle: (tx, to, messageId, outcome) => write(tx, to, `${outcome} ${messageId[0]}`),
  renewed: (tx, contact) => write(tx, contact, "renewed"),
  removed: (tx, contact) => write(tx, contact, "removed"),
};

export const noteRegistry = (): KindRegistry => createKindRegistry([], [noteLayer]);

/** What the layer of `peer` has written down of `other`. */
export async function notes(peer: TestPeer, other: TestPeer): Promise<readonly string[]> {
  const name = recordOf(other.discovery.identity.id);
  const record = (await peer.store.load([name])).get(name);
  return text(record?.bytes).split("\n").slice(0, -1);
}

/** Begins a new page. */
export async function forgetNotes(peer: TestPeer, other: TestPeer): Promise<void> {
  await peer.mailbox.transact({}, (tx) => tx.remove(recordOf(other.discovery.identity.id)));
}
