import { equal } from "@cweb/crypto";
import { recordHead, recordKinds, type SignedRecord, verifyRecord } from "@cweb/shared-object/core";
import type { Epoch } from "../core/epoch.ts";
import { type EpochId, noEpoch } from "../core/ids.ts";
import { clockTolerance, maxPendingRecords } from "../core/limits.ts";
import { pendingCodec } from "../core/records.ts";
import { adminContext, type Descriptor, isAccepted, readDescriptor } from "../core/room-record.ts";
import type { RoomDraft } from "../room-draft.ts";
import { adopt, beginChains, learn } from "./adopt.ts";
import { askAdmin, askEpoch, hearMembers, raise } from "./ask.ts";
import { openHeld } from "./held.ts";

/** How records of a room's descriptor are taken in, from a store or as a copy (SPEC §6). */

/** `pending`: of an admin not known yet. `refused`: changes nothing. */
export type RecordVerdict = "adopted" | "known" | "learned" | "pending" | "refused";

export function takeRecord(draft: RoomDraft, signed: SignedRecord): RecordVerdict {
  const descriptor = readDescriptor(draft.crypto, signed, (bytes) => draft.readEpoch(bytes));
  const isAhead = descriptor && Math.max(descriptor.record.version, descriptor.epoch.e) > draft.tx.now + clockTolerance;
  if (!descriptor || isAhead || descriptor.epoch.groupId !== draft.head.groupId) return "refused";
  const verdict = judge(draft, descriptor);
  if (verdict === "adopted" || verdict === "learned") retryPending(draft);
  return verdict;
}

const isByAdmin = (draft: RoomDraft, { signed, epoch }: Descriptor): boolean =>
  epoch.admin === draft.head.admin && verifyRecord(draft.crypto, draft.head.adminKey, signed) !== undefined;

function judge(draft: RoomDraft, descriptor: Descriptor): RecordVerdict {
  const { epoch, handover } = descriptor;
  const current = draft.current;
  const isTrue = isByAdmin(draft, descriptor);
  if (handover && isTrue && (!current || epoch.e >= current.e)) return handOver(draft, descriptor);
  if (draft.isKnown(epoch.epoch)) return renew(draft, descriptor, isTrue);
  if (!handover && isTrue && (!current || epoch.e > current.e)) {
    adopt(draft, descriptor);
    return "adopted";
  }
  if (draft.head.epochs.some(({ previous }) => previous === epoch.epoch)) {
    learn(draft, descriptor);
    beginChains(draft, epoch);
    return "learned";
  }
  return !current || epoch.e > current.e ? keepPending(draft, descriptor) : "refused";
}

/** The admin's last record: from now on the records of another one count (SPEC §8). */
function handOver(draft: RoomDraft, descriptor: Descriptor): RecordVerdict {
  const { epoch, signed, handover } = descriptor;
  const { head, crypto } = draft;
  if (!handover || !isAccepted(crypto, handover.accept, head.adminKey)) return "refused";
  const { to, accept } = handover;
  if (draft.record(epoch.epoch) && head.current !== epoch.epoch) return "refused";
  if (head.current === epoch.epoch) draft.setRecord(epoch.epoch, { ...known(draft, epoch.epoch), record: signed });
  else adopt(draft, descriptor);
  const own = to === draft.own ? crypto.ed25519.publicKey(draft.tools.own.adminSeed(adminContext(head.groupId, epoch.epoch))) : undefined;
  const acceptedIn = own && equal(own, accept.signingKey) ? epoch.epoch : null;
  draft.set({ admin: to, adminKey: accept.signingKey, acceptedIn });
  draft.report("room-admin", { member: to, e: epoch.e });
  openHeld(draft, to);
  if (acceptedIn !== null && draft.head.rejoinSeed !== null) hearMembers(draft);
  askAdmin(draft);
  return "adopted";
}

const known = (draft: RoomDraft, epoch: EpochId): NonNullable<ReturnType<RoomDraft["record"]>> =>
  draft.record(epoch) as NonNullable<ReturnType<RoomDraft["record"]>>;

/** An epoch that is known, in another record: with a new name of the room, with the word that it was closed, or handed over. */
function renew(draft: RoomDraft, descriptor: Descriptor, isTrue: boolean): RecordVerdict {
  const { epoch, record, signed, about, handover } = descriptor;
  const before = known(draft, epoch.epoch);
  const held = readDescriptor(draft.crypto, before.record, (bytes) => draft.readEpoch(bytes)) as Descriptor;
  if (handover) return renewHandedOver(draft, descriptor, held);
  if (!isTrue || held.handover || record.version <= held.record.version) return "known";
  draft.setRecord(epoch.epoch, { ...before, record: signed });
  if (draft.head.current === epoch.epoch && about && record.kind === recordKinds.epoch) draft.set({ about });
  return "known";
}

/** The handover that closed an epoch long ago is kept for those who ask for it; the epoch after it names its head. */
function renewHandedOver(draft: RoomDraft, { epoch, signed }: Descriptor, held: Descriptor): RecordVerdict {
  const before = known(draft, epoch.epoch);
  const next = before.successor === null ? undefined : draft.epoch(before.successor);
  if (!held.handover && next?.handoverHead && equal(next.handoverHead, recordHead(draft.crypto, signed))) {
    draft.setRecord(epoch.epoch, { ...before, record: signed });
  } else if (held.handover && !equal(signed.record, held.signed.record) && isSameSigner(draft, held, signed)) {
    raise(draft, "room-fork", epoch.admin, pendingCodec.encode(signed));
  }
  return "known";
}

/** Two handovers of one epoch by one admin are evidence against it. */
function isSameSigner(draft: RoomDraft, held: Descriptor, signed: SignedRecord): boolean {
  const candidates = [draft.head.adminKey, ...draft.head.descriptors.map(({ signingKey }) => signingKey)];
  return candidates.some((key) => verifyRecord(draft.crypto, key, signed) && verifyRecord(draft.crypto, key, held.signed));
}

/** Nothing yet says that whoever signed this is the admin: kept until the records before it do. */
function keepPending(draft: RoomDraft, { epoch, signed }: Descriptor): RecordVerdict {
  const { pending } = draft.head;
  if (!pending.includes(epoch.epoch)) {
    if (pending.length >= maxPendingRecords) return "refused";
    draft.set({ pending: [...pending, epoch.epoch] });
    draft.tx.put(draft.names.pending(epoch.epoch), pendingCodec.encode(signed));
  }
  const before = draft.epoch(epoch.previous);
  const lacksProof = before && !isClosedByHandover(draft, before) && before.admin !== epoch.admin;
  if (epoch.previous !== noEpoch && (!before || lacksProof) && !draft.head.pending.includes(epoch.previous)) {
    askEpoch(draft, epoch.previous);
  }
  return "pending";
}

export function isClosedByHandover(draft: RoomDraft, { epoch }: Epoch): boolean {
  const record = draft.record(epoch)?.record;
  return record !== undefined && readDescriptor(draft.crypto, record, (bytes) => draft.readEpoch(bytes))?.handover !== undefined;
}

/** Records that may count now; oldest first. */
function retryPending(draft: RoomDraft): void {
  const kept = draft.head.pending.flatMap((id) => {
    const bytes = draft.tx.get(draft.names.pending(id));
    const descriptor = bytes && readDescriptor(draft.crypto, pendingCodec.decode(bytes), (body) => draft.readEpoch(body));
    return descriptor ? [descriptor] : [];
  });
  for (const descriptor of kept.sort((a, b) => a.epoch.e - b.epoch.e)) {
    const { head } = draft;
    const isBehind = head.current !== null && descriptor.epoch.e <= (draft.current?.e ?? 0);
    if (!isByAdmin(draft, descriptor) && !isBehind && !draft.isKnown(descriptor.epoch.epoch)) continue;
    dropPending(draft, descriptor.epoch.epoch);
    if (takeRecord(draft, descriptor.signed) === "adopted") return;
  }
}

export function dropPending(draft: RoomDraft, epoch: EpochId): void {
  draft.set({ pending: draft.head.pending.filter((one) => one !== epoch) });
  draft.tx.remove(draft.names.pending(epoch));
}
