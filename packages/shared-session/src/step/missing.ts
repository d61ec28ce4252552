import type { CwebId } from "@cweb/discovery";
import type { MessageHash } from "../core/ids.ts";
import { maxRefs } from "../core/limits.ts";
import type { MissingMessage, Place } from "../core/room-head.ts";
import type { RoomDraft } from "../room-draft.ts";

/** Messages that are known of and not held (SPEC §7.2). */

export const isSamePlace = (a: Place, b: Place): boolean => a.epoch === b.epoch && a.index === b.index && a.n === b.n;
export const missingAt = (draft: RoomDraft, place: Place): MissingMessage | undefined =>
  draft.head.missing.find((one) => isSamePlace(one, place));

/** Notes a message that somebody has referred to. Of too many the ones noted first stay: the others are found again by what refers to them. */
export function addMissing(draft: RoomDraft, { epoch, index, n, messageId }: Place & { readonly messageId: MessageHash | null }): void {
  const { missing } = draft.head;
  const place = { epoch, index, n };
  const known = missingAt(draft, place);
  if (known || missing.length >= maxRefs || isOwnPlace(draft, place)) return;
  const since = draft.tx.now;
  const fresh: MissingMessage = { ...place, messageId, since, fetchedAt: 0, asks: 0, askedAt: 0, isWithheld: false };
  draft.set({ missing: [...missing, fresh] });
}

/** A restored home may not know its own messages: they come back as copies. */
const isOwnPlace = (draft: RoomDraft, place: Place): boolean => draft.entry(place) !== undefined;

export function dropMissing(draft: RoomDraft, place: Place): void {
  draft.set({ missing: draft.head.missing.filter((one) => !isSamePlace(one, place)) });
}

export function setMissing(draft: RoomDraft, changed: MissingMessage): void {
  draft.set({ missing: draft.head.missing.map((one) => (isSamePlace(one, changed) ? changed : one)) });
}

/** Whose store it is that does not show it. */
export const ownerOf = (draft: RoomDraft, { epoch, index }: Place): CwebId | undefined => draft.epoch(epoch)?.members[index]?.id;
