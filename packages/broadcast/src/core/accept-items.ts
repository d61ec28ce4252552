import { equal } from "@cweb/crypto";
import type { OneOffItem } from "../wire/items.ts";
import type { SenderRecord } from "../wire/records.ts";
import { limits } from "./limits.ts";
import type { OneOffNumber } from "./opened.ts";

export interface Acceptance {
  readonly record: SenderRecord;
  readonly fresh: readonly OneOffItem[];
}

/** How a list came: in a slot, where a store may show an old one again, or in a message of the session, which comes once but in any order. */
export type Carrier = "slot" | "session";

/**
 * The items that are new. In a slot: above the highest (incarnation, number) taken so far. A sender that was restored lists old
 * items under its new incarnation; those are known by their ids. In a session: those whose ids are not known, since a later list may have
 * overtaken an earlier one that was withheld.
 */
export function acceptItems(
  record: SenderRecord,
  number: OneOffNumber,
  items: readonly OneOffItem[],
  allowed: ReadonlySet<number>,
  carrier: Carrier,
): Acceptance | undefined {
  const isLater = number.incarnation > record.incarnation || (number.incarnation === record.incarnation && number.number > record.number);
  if (!isLater && carrier === "slot") return undefined;
  const floor = number.incarnation === record.incarnation && carrier === "slot" ? record.number : -1;
  const above = items.filter((_, i) => number.number - (items.length - 1 - i) > floor);
  const isKnown = (id: Uint8Array): boolean => record.recentIds.some((other) => equal(other, id));
  const fresh = above.filter(
    (item, i) => !isKnown(item.messageId) && above.findIndex((other) => equal(other.messageId, item.messageId)) === i,
  );
  const recentIds = [...record.recentIds, ...fresh.map(({ messageId }) => messageId)].slice(-limits.recentIds);
  return {
    record: { ...record, ...(isLater ? { incarnation: number.incarnation, number: number.number } : {}), recentIds },
    fresh: fresh.filter(({ kind }) => allowed.has(kind)),
  };
}
