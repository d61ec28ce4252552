import { equal } from "@cweb/crypto";
import type { OneOffItem } from "../wire/items.ts";
import type { SenderRecord } from "../wire/records.ts";
import { limits } from "./limits.ts";
import type { OneOffNumber } from "./opened.ts";

export interface Acceptance {
  readonly record: SenderRecord;
  readonly fresh: readonly OneOffItem[];
}

/**
 * The items that are new: above the highest (incarnation, number) taken so far. A sender that was restored lists old
 * items under its new incarnation; those are known by their ids.
 */
export function acceptItems(
  record: SenderRecord,
  number: OneOffNumber,
  items: readonly OneOffItem[],
  allowed: ReadonlySet<number>,
): Acceptance | undefined {
  const isLater = number.incarnation > record.incarnation || (number.incarnation === record.incarnation && number.number > record.number);
  if (!isLater) return undefined;
  const floor = number.incarnation === record.incarnation ? record.number : -1;
  const above = items.filter((_, i) => number.number - (items.length - 1 - i) > floor);
  const isKnown = (id: Uint8Array): boolean => record.recentIds.some((other) => equal(other, id));
  const fresh = above.filter(
    (item, i) => !isKnown(item.messageId) && above.findIndex((other) => equal(other.messageId, item.messageId)) === i,
  );
  const recentIds = [...record.recentIds, ...fresh.map(({ messageId }) => messageId)].slice(-limits.recentIds);
  return {
    record: { ...record, incarnation: number.incarnation, number: number.number, recentIds },
    fresh: fresh.filter(({ kind }) => allowed.has(kind)),
  };
}
