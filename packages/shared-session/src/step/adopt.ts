import { equal } from "@cweb/crypto";
import { recordKinds } from "@cweb/shared-object/core";
import { startChains } from "../core/chain.ts";
import { differing, type Epoch, indexOf, memberOf } from "../core/epoch.ts";
import { type EpochId, noEpoch } from "../core/ids.ts";
import type { KnownEpoch } from "../core/room-head.ts";
import type { Descriptor } from "../core/room-record.ts";
import type { RoomDraft } from "../room-draft.ts";
import { askAdmin, askEpoch, raise } from "./ask.ts";
import { closeEpoch } from "./close.ts";

/** How an epoch becomes known, and how it becomes the current one (SPEC §6). */

/** A verified newer epoch becomes the current one. */
export function adopt(draft: RoomDraft, descriptor: Descriptor): void {
  const { epoch, about, handover, record } = descriptor;
  const before = draft.current;
  learn(draft, descriptor);
  draft.set({ current: epoch.epoch, ...(about ? { about } : {}), unacknowledged: [] });
  if (before) closeChains(draft, before.epoch);
  adoptOwnKey(draft, epoch);
  reportMembers(draft, epoch, before);
  beginChains(draft, epoch);
  dropDescriptors(draft, epoch);
  if (!handover && record.kind === recordKinds.epoch && (draft.head.rejoinSeed !== null || draft.head.wish === "leave") && draft.isMember) {
    askAdmin(draft);
  }
}

function closeChains(draft: RoomDraft, epoch: EpochId): void {
  const chains = draft.chains(epoch);
  if (chains && chains.closedDays === null) draft.setChains(epoch, { ...chains, closedDays: 0 });
}

/** The own place in a new epoch: it may list the key that a restored home has asked for. */
function adoptOwnKey(draft: RoomDraft, epoch: Epoch): void {
  const { head, crypto } = draft;
  const listed = memberOf(epoch, draft.own);
  const { rejoinSeed } = head;
  if (listed && rejoinSeed !== null && equal(listed.gspk, crypto.ed25519.publicKey(rejoinSeed))) {
    draft.tx.consume(head.signingSeed);
    draft.set({ signingSeed: rejoinSeed, gspk: listed.gspk, rejoinSeed: null, vouchedFor: [] });
  }
  if (listed && head.wish === "join") draft.set({ wish: "none", invitedBy: null });
  if (!listed) draft.set({ owesHint: false, ...(head.wish === "leave" ? { wish: "none" } : {}) });
}

/** The difference is shown before anything is sent to the new set. */
function reportMembers(draft: RoomDraft, epoch: Epoch, before: Epoch | undefined): void {
  const wasMember = before !== undefined && indexOf(before, draft.own) >= 0;
  const isMember = indexOf(epoch, draft.own) >= 0;
  const about = { e: epoch.e, payload: new Uint8Array() };
  if (isMember && !wasMember) draft.report("room-joined", { ...about, member: epoch.admin });
  if (!isMember && wasMember) draft.report("room-removed", { ...about, member: epoch.admin });
  if (!before || !isMember || !wasMember) return;
  for (const member of differing(epoch, before)) draft.report("room-members", { ...about, member, detail: "added" });
  for (const member of differing(before, epoch)) draft.report("room-members", { ...about, member, detail: "removed" });
}

/** Chains begin where both E and its key are there and belong together; then the key is erased. */
export function beginChains(draft: RoomDraft, epoch: Epoch): void {
  const { epochKeys } = draft.head;
  const found = epochKeys.filter(({ from, e }) => from === epoch.admin && e === epoch.e);
  const right = found.find(({ key }) => equal(draft.crypto.hash("ss/gk", key), epoch.commit));
  if (!right || draft.head.chains.includes(epoch.epoch) || indexOf(epoch, draft.own) < 0) return;
  const chains = startChains(draft.crypto, epoch, right.key, draft.own);
  draft.setChains(epoch.epoch, epoch.epoch === draft.head.current ? chains : { ...chains, closedDays: 0 });
  draft.tx.consume(...found.map(({ key }) => key));
  draft.set({ epochKeys: epochKeys.filter((one) => !found.includes(one)) });
}

/** Only what may still hold something unknown is asked for. */
export function dropDescriptors(draft: RoomDraft, current: Epoch): void {
  const isOver = (e: number): boolean => e < current.e && (draft.epochAt(e) !== undefined || !isInStay(draft, current, e));
  const gone = draft.head.descriptors.filter(({ e }) => isOver(e));
  if (gone.length === 0) return;
  draft.tx.consume(...gone.map(({ key }) => key));
  draft.set({ descriptors: draft.head.descriptors.filter((one) => !gone.includes(one)) });
}

const isInStay = (draft: RoomDraft, current: Epoch, e: number): boolean => (memberOf(current, draft.own)?.joinedEpoch ?? current.e) <= e;

/** E is authentic: it is kept, and what it closes is closed. */
export function learn(draft: RoomDraft, { epoch, signed }: Descriptor): void {
  if (draft.isKnown(epoch.epoch)) return;
  const { epochs, askedEpochs } = draft.head;
  const entry: KnownEpoch = { e: epoch.e, epoch: epoch.epoch, previous: epoch.previous, learnedAt: draft.tx.confirmedNow };
  const successors = epochs.filter(({ previous }) => previous === epoch.epoch);
  draft.set({
    epochs: [...epochs, entry].sort((a, b) => a.e - b.e),
    askedEpochs: askedEpochs.filter((asked) => asked.epoch !== epoch.epoch),
  });
  draft.setRecord(epoch.epoch, { record: signed, learnedAt: draft.tx.confirmedNow, successor: null });
  const before = draft.epoch(epoch.previous);
  if (before) succeed(draft, before, epoch);
  for (const { epoch: next } of successors) succeed(draft, epoch, draft.epoch(next) as Epoch);
  const stay = memberOf(epoch, draft.own)?.joinedEpoch;
  if (!before && epoch.previous !== noEpoch && stay !== undefined && stay < epoch.e) askEpoch(draft, epoch.previous);
}

/** `next` follows `epoch`. Two epochs that follow the same one are a fork. */
function succeed(draft: RoomDraft, epoch: Epoch, next: Epoch): void {
  const record = draft.record(epoch.epoch);
  if (!record || record.successor === next.epoch) return;
  if (record.successor !== null) raise(draft, "room-fork", next.admin, next.bytes);
  draft.setRecord(epoch.epoch, { ...record, successor: record.successor ?? next.epoch });
  closeEpoch(draft, epoch, next);
}
