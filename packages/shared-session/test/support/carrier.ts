import { decodeBase32, encodeBase32, utf8 } from "@cweb/crypto";
import type { CwebId } from "@cweb/discovery";
import type { Transaction } from "@cweb/mailbox";
import type { OutgoingMessage } from "@cweb/session";
import type { Rider } from "../../src/index.ts";

/** In the place of a session: messages in order, at least once, kept in records of the sender's home. */
export interface Carried {
  readonly number: number;
  readonly messageId: Uint8Array;
  readonly payload: Uint8Array;
  readonly riders: readonly Rider[];
}

export const outPrefix = (to: CwebId): string => `carrier/out/${to}/`;
const ridersOf = (to: CwebId): string => `carrier/riders/${to}`;
const decode = (text: string): Uint8Array => decodeBase32(text) ?? new Uint8Array();
const read = (bytes: Uint8Array | undefined, otherwise: string): unknown => JSON.parse(new TextDecoder().decode(bytes ?? utf8(otherwise)));
const ridersIn = (tx: Transaction, to: CwebId): readonly Rider[] =>
  (read(tx.get(ridersOf(to)), "[]") as [number, string][]).map(([kind, bytes]) => ({ kind, bytes: decode(bytes) }));
const toJson = ({ kind, bytes }: Rider): readonly [number, string] => [kind, encodeBase32(bytes)];

export function enqueue(tx: Transaction, to: CwebId, { kind, payload, messageId }: OutgoingMessage): void {
  const counter = `carrier/next/${to}`;
  const next = Number(read(tx.get(counter), "0"));
  tx.put(counter, utf8(String(next + 1)));
  const riders = ridersIn(tx, to);
  tx.remove(ridersOf(to));
  const id = messageId ?? tx.random.bytes(16);
  const carried = [kind, encodeBase32(id), encodeBase32(payload), riders.map(toJson)];
  tx.put(outPrefix(to) + String(next).padStart(8, "0"), utf8(JSON.stringify(carried)));
}

export function addRider(tx: Transaction, to: CwebId, rider: Rider, replaces: (other: Rider) => boolean): void {
  const riders = [...ridersIn(tx, to).filter((other) => !replaces(other)), rider];
  tx.put(ridersOf(to), utf8(JSON.stringify(riders.map(toJson))));
}

export function decodeCarried(bytes: Uint8Array): Carried {
  const [number, messageId, payload, riders] = read(bytes, "") as [number, string, string, [number, string][]];
  const known = riders.map(([kind, rider]) => ({ kind, bytes: decode(rider) }));
  return { number, messageId: decode(messageId), payload: decode(payload), riders: known };
}
