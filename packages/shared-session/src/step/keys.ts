import { equal } from "@cweb/crypto";
import type { CwebId } from "@cweb/discovery";
import { clockTolerance, maxPendingRecords } from "../core/limits.ts";
import type { DescriptorKey } from "../core/room-head.ts";
import type { RoomDraft } from "../room-draft.ts";
import type { KeyMessage } from "../wire/key.ts";
import { beginChains } from "./adopt.ts";

/** Keys from the admin (SPEC §7.1). The caller has seen to it that `from` is one whose keys count. */
export function takeKey(draft: RoomDraft, from: CwebId, { object, epochKey }: KeyMessage): void {
  const { head, tx } = draft;
  const e = object.epoch;
  if (Math.max(e, object.version) > tx.now + clockTolerance) return;
  // The key that signs the descriptor never changes while one admin holds the room.
  if (from === head.admin && !equal(object.verifyKey, head.adminKey)) return;
  // A key is also a word that one is a member: it takes back an earlier end, unless it is of an epoch that was there before.
  const currentE = draft.current?.e ?? 0;
  const isOld = e < currentE || (e === currentE && head.current !== null && head.chains.includes(head.current));
  if (!isOld) draft.set({ isEnded: false });
  const epoch = draft.epochAt(e);
  const known = head.descriptors.find((one) => one.owner === from && one.e === e);
  if (known) {
    const isSame = equal(known.key, object.key) && equal(known.signingKey, object.verifyKey);
    if (isSame && object.version > known.announced) setDescriptor(draft, { ...known, announced: object.version });
  } else if (epoch === undefined || epoch === head.current) addDescriptor(draft, newDescriptor(from, object));
  const hasChains = epoch !== undefined && head.chains.includes(epoch);
  const isHeld = head.epochKeys.some((one) => one.from === from && one.e === e && equal(one.key, epochKey));
  if (hasChains || isHeld) return;
  draft.set({ epochKeys: [...draft.head.epochKeys, { from, e, key: epochKey }].slice(-maxPendingRecords) });
  const found = epoch && draft.epoch(epoch);
  if (found && found.admin === from) beginChains(draft, found);
}

const newDescriptor = (owner: CwebId, { epoch, key, verifyKey, version }: KeyMessage["object"]): DescriptorKey => ({
  owner,
  e: epoch,
  key,
  signingKey: verifyKey,
  version: 0,
  head: new Uint8Array(32),
  announced: version,
  askedAt: 0,
  answeredAt: 0,
  stored: "",
  olderSince: 0,
  olderPolls: 0,
  validUntil: 0,
  interval: 1,
  isRotated: false,
});

function addDescriptor(draft: RoomDraft, descriptor: DescriptorKey): void {
  draft.set({ descriptors: [...draft.head.descriptors, descriptor].sort((a, b) => a.e - b.e).slice(-maxPendingRecords) });
}

export function setDescriptor(draft: RoomDraft, descriptor: DescriptorKey): void {
  const { descriptors } = draft.head;
  draft.set({ descriptors: descriptors.map((one) => (one.owner === descriptor.owner && one.e === descriptor.e ? descriptor : one)) });
}

/** Told by the admin that this home is a member no more: stands until a later key. */
export function takeEnd(draft: RoomDraft): void {
  const { head } = draft;
  if (head.isEnded) return;
  draft.tx.consume(...head.epochKeys.map(({ key }) => key));
  draft.set({ isEnded: true, wish: "none", epochKeys: [], owesHint: false });
  draft.report("room-removed", { member: head.admin, e: draft.current?.e ?? 0, detail: "told" });
}
