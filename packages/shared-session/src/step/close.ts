import { differing, type Epoch, indexOf } from "../core/epoch.ts";
import type { Place } from "../core/room-head.ts";
import type { RoomDraft } from "../room-draft.ts";
import { addMissing, dropMissing } from "./missing.ts";
import { voidMessages } from "./show.ts";

/** What it means for `epoch` that `next` follows it (SPEC §6.4). */
export function closeEpoch(draft: RoomDraft, epoch: Epoch, next: Epoch): void {
  const own = indexOf(epoch, draft.own);
  if (own < 0) return;
  for (const { index, n, messageId } of next.closeHeads) {
    const place = { epoch: epoch.epoch, index, n };
    if (index < epoch.members.length && !draft.entry(place)) addMissing(draft, { ...place, messageId });
  }
  voidBeyond(draft, epoch, next);
  const sent = ownSent(draft, epoch);
  const closed = next.closeHeads.find(({ index }) => index === own)?.n ?? -1;
  if (indexOf(next, draft.own) >= 0 && sent - 1 > closed) draft.set({ owesHint: true });
}

/** How many messages this home has written in an epoch. */
function ownSent(draft: RoomDraft, { epoch }: Epoch): number {
  const chains = draft.chains(epoch);
  return chains?.own == null ? 0 : (chains.chains[chains.own]?.n ?? 0);
}

/** What members that are gone have written beyond the closing is void, also where it was shown before. */
function voidBeyond(draft: RoomDraft, epoch: Epoch, next: Epoch): void {
  const places: Place[] = [];
  for (const id of differing(epoch, next)) {
    const index = indexOf(epoch, id);
    const close = next.closeHeads.find((head) => head.index === index);
    const last = close?.n ?? -1;
    const place = (n: number): Place => ({ epoch: epoch.epoch, index, n });
    for (const { n, messageId, state } of draft.index(epoch.epoch).senders[index] ?? []) {
      if (state !== 2 && (n > last || (n === last && messageId !== close?.messageId))) places.push(place(n));
    }
    for (const missing of draft.head.missing) {
      if (missing.epoch === epoch.epoch && missing.index === index && missing.n > last) dropMissing(draft, missing);
    }
  }
  voidMessages(draft, places, "closed");
}

/** Whether the epoch after says that this sender was gone by this message. `undefined`: nothing follows yet. */
export function isBeyondClosing(draft: RoomDraft, epoch: Epoch, { index, n }: Place): boolean {
  const successor = draft.record(epoch.epoch)?.successor;
  const next = successor ? draft.epoch(successor) : undefined;
  const member = epoch.members[index];
  if (!next || !member || !differing(epoch, next).includes(member.id)) return false;
  return n > (next.closeHeads.find((head) => head.index === index)?.n ?? -1);
}
