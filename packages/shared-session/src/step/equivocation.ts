import { equal } from "@cweb/crypto";
import type { Member } from "../core/epoch.ts";
import { maxMembers } from "../core/limits.ts";
import type { IndexEntry } from "../core/records.ts";
import type { RoomDraft } from "../room-draft.ts";
import { evidenceCodec } from "../wire/evidence.ts";
import type { SignedMessage } from "../wire/message.ts";
import { raise } from "./ask.ts";
import { kept } from "./show.ts";

export const isQuarantined = (draft: RoomDraft, gspk: Uint8Array): boolean => draft.head.quarantined.some((key) => equal(key, gspk));

/** Two bodies for one place: both are kept as evidence that any member can check, and nothing more is taken from this key. */
export function equivocation(draft: RoomDraft, sender: Member, entry: IndexEntry, other: SignedMessage): void {
  if (isQuarantined(draft, sender.gspk)) return;
  const stored = kept(draft, entry)?.stored;
  const first = stored && { body: stored.body, signature: stored.signature };
  draft.set({ quarantined: [...draft.head.quarantined, sender.gspk].slice(-maxMembers) });
  const evidence = first ? evidenceCodec.encode({ gspk: sender.gspk, first, second: other }) : new Uint8Array();
  draft.tx.put(draft.names.evidence(sender.id), evidence);
  raise(draft, "equivocation", sender.id, evidence);
}
