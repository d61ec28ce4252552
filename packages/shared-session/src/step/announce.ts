import type { CwebId } from "@cweb/discovery";
import { type Epoch, indexOf } from "../core/epoch.ts";
import { type EpochId, idBytes } from "../core/ids.ts";
import type { RoomDraft } from "../room-draft.ts";
import { headsCodec, hintCodec } from "../wire/recovery.ts";
import { othersIn } from "./tend.ts";

/** How members hear of messages before their probes find them (SPEC §7.4). Only what is stored is announced. */

const prefixOf = (messageId: Parameters<typeof idBytes>[0]): Uint8Array => idBytes(messageId).slice(0, 8);
/** What fits into a rider. */
const maxRiderHeads = 200;

/** Some of them, drawn anew each time. */
function some(draft: RoomDraft, members: readonly CwebId[], count: number): readonly CwebId[] {
  const left = [...members];
  const chosen: CwebId[] = [];
  while (left.length > 0 && chosen.length < count) {
    const [a, b] = draft.tx.random.bytes(2) as unknown as [number, number];
    chosen.push(...left.splice((a * 256 + b) % left.length, 1));
  }
  return chosen;
}

const reachable = (draft: RoomDraft, epoch: Epoch | undefined): readonly CwebId[] =>
  othersIn(draft, epoch).filter((id) => draft.tools.canReach(draft.tx, id));

/** An own message was stored: some members are told at once. */
export function sendHints(draft: RoomDraft, { epoch, n }: { readonly epoch: EpochId; readonly n: number }, count: number): void {
  const found = draft.epoch(epoch);
  const index = found ? indexOf(found, draft.own) : -1;
  const entry = draft.entry({ epoch, index, n });
  if (!found || !entry || epoch !== draft.head.current) return;
  const payload = hintCodec.encode({ groupId: draft.head.groupId, epoch, index, n, prefix: prefixOf(entry.messageId) });
  for (const member of some(draft, reachable(draft, found), count)) draft.letter(member, "hint", payload);
}

/** What has been read here, for messages that go to members anyway; without receipts, only what was written here. */
export function makeHeads(draft: RoomDraft, count: number): { readonly to: readonly CwebId[]; readonly payload: Uint8Array } | undefined {
  const { current } = draft;
  if (!current || !draft.isMember) return undefined;
  const own = indexOf(current, draft.own);
  const heads = draft.head.heads
    .filter(({ epoch, index }) => epoch === current.epoch && (current.policy.receipts || index === own))
    .map(({ index, n, messageId }) => ({ index, n, prefix: prefixOf(messageId) }))
    .slice(-maxRiderHeads);
  if (heads.length === 0) return undefined;
  const payload = headsCodec.encode({ groupId: draft.head.groupId, epoch: current.epoch, heads });
  return { to: some(draft, reachable(draft, current), count), payload };
}
