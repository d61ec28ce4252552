import type { CwebId } from "@cweb/discovery";
import { maxHeld } from "../core/limits.ts";
import { heldCodec } from "../core/records.ts";
import type { RoomDraft } from "../room-draft.ts";
import { endCodec, keyCodec } from "../wire/key.ts";
import { roomKinds } from "../wire/kinds.ts";
import { takeEnd, takeKey } from "./keys.ts";

/** Keys and ends of somebody who is not known to be the admin: the newest of each sender waits for a record that says so. */

export function hold(draft: RoomDraft, from: CwebId, kind: number, messageId: Uint8Array, payload: Uint8Array): void {
  const { held } = draft.head;
  if (!held.includes(from)) {
    if (held.length >= maxHeld) return;
    draft.set({ held: [...held, from] });
  }
  draft.tx.put(draft.names.held(from), heldCodec.encode({ kind, messageId, payload }));
}

/** `from` has become the admin. */
export function openHeld(draft: RoomDraft, from: CwebId): void {
  if (!draft.head.held.includes(from)) return;
  const bytes = draft.tx.get(draft.names.held(from));
  draft.set({ held: draft.head.held.filter((one) => one !== from) });
  draft.tx.remove(draft.names.held(from));
  if (!bytes) return;
  const { kind, payload } = heldCodec.decode(bytes);
  if (kind === roomKinds.key.number) takeKey(draft, from, keyCodec.decode(payload));
  else if (endCodec.decode(payload)) takeEnd(draft);
}
