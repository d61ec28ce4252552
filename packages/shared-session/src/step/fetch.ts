import { equal } from "@cweb/crypto";
import type { CwebId } from "@cweb/discovery";
import { objectPath, openSigned, recordHead, recordKinds, type SignedRecord, verifyRecord } from "@cweb/shared-object/core";
import type { Path, ReadResult } from "@cweb/storage-remote";
import { associatedData, messagePath, takeKey } from "../core/chain.ts";
import { type Epoch, memberOf } from "../core/epoch.ts";
import { clockTolerance, day, fetchEvery, fetchesPerRound, minute } from "../core/limits.ts";
import type { Chain } from "../core/records.ts";
import type { DescriptorKey, MissingMessage, Place } from "../core/room-head.ts";
import { type OpenedMessage, openMessage } from "../core/room-object.ts";
import type { RoomDraft } from "../room-draft.ts";
import { acceptMessage } from "./accept.ts";
import { askNewest, raise } from "./ask.ts";
import { isBeyondClosing } from "./close.ts";
import { isQuarantined } from "./equivocation.ts";
import { setDescriptor } from "./keys.ts";
import { missingAt, setMissing } from "./missing.ts";
import { sealKeyOf } from "./publish.ts";
import { takeRecord } from "./records.ts";

/** What a round asks the stores for, and what the answers mean (SPEC §7.2). */

export interface Fetch {
  readonly owner: CwebId;
  /** Where the owner is read, as the newest epoch says; `undefined`: only as a contact. */
  readonly profile: Uint8Array | undefined;
  readonly path: Path;
  /** For a conditional GET; empty: none. */
  readonly unless: string;
  readonly what: { readonly kind: "descriptor"; readonly owner: CwebId; readonly e: number } | ({ readonly kind: "message" } & Place);
}

function profileOf(draft: RoomDraft, owner: CwebId, epoch: Epoch | undefined): Uint8Array | undefined {
  const { current } = draft;
  return ((current && memberOf(current, owner)) ?? (epoch && memberOf(epoch, owner)))?.profile;
}

/** Nothing is to be read in a room of the past, nor in one whose invitation was not accepted. */
export function isDormant(draft: RoomDraft): boolean {
  const { epochKeys, wish, pending } = draft.head;
  return !draft.isMember && epochKeys.length === 0 && pending.length === 0 && wish === "none";
}

/** Descriptors of others that are due, announced, or have not been read yet. `maxAge`: also those asked for longer ago. */
export function planDescriptors(draft: RoomDraft, maxAge: number = Number.MAX_SAFE_INTEGER): readonly Fetch[] {
  const { now } = draft.tx;
  if (isDormant(draft)) return [];
  return draft.head.descriptors.flatMap((key): Fetch[] => {
    const { owner, e, askedAt, interval, version, announced, stored, olderPolls } = key;
    const wait = Math.min(maxAge, version === 0 || announced > version ? 0 : olderPolls > 0 ? 5 * minute : interval * 1000);
    if (owner === draft.own || (askedAt !== 0 && now >= askedAt && now - askedAt < wait)) return [];
    const path = objectPath(draft.crypto, sealKeyOf(draft, key));
    return [{ owner, profile: profileOf(draft, owner, undefined), path, unless: stored, what: { kind: "descriptor", owner, e } }];
  });
}

function messageFetch(draft: RoomDraft, place: Place): Fetch | undefined {
  const epoch = draft.epoch(place.epoch);
  const owner = epoch?.members[place.index]?.id;
  const chain = draft.chains(place.epoch)?.chains[place.index];
  if (!epoch || !owner || !chain || owner === draft.own) return undefined;
  const { epoch: id, index, n } = place;
  const profile = profileOf(draft, owner, epoch);
  return { owner, profile, path: messagePath(draft.crypto, chain, n), unless: "", what: { kind: "message", epoch: id, index, n } };
}

/** Missing messages, by the names that their chains give: at once, each minute for a while, then like the questions to members. */
export function planMissing(draft: RoomDraft): readonly Fetch[] {
  const { now } = draft.tx;
  if (isDormant(draft)) return [];
  const isDue = ({ since, fetchedAt }: MissingMessage): boolean => {
    const age = now - since;
    const wait = age < 10 * minute ? fetchEvery : age < day ? 10 * minute : day;
    return fetchedAt === 0 || now < fetchedAt || now - fetchedAt >= wait;
  };
  const due = draft.head.missing.filter(isDue);
  return due.flatMap((place) => messageFetch(draft, place) ?? []).slice(0, fetchesPerRound);
}

/** The next message of a sender; `undefined` where nothing more is to come from it. */
function nextOf(draft: RoomDraft, epoch: Epoch, index: number): Place | undefined {
  const sender = epoch.members[index];
  if (!sender || sender.id === draft.own || isQuarantined(draft, sender.gspk)) return undefined;
  let n = 0;
  for (const entry of draft.index(epoch.epoch).senders[index] ?? []) if (entry.n === n) n++;
  const place = { epoch: epoch.epoch, index, n };
  return isBeyondClosing(draft, epoch, place) ? undefined : place;
}

/** The one probe of a round: senders in turn, every second time one of those heard last. It defeats who suppresses announcements. */
export function planProbe(draft: RoomDraft): Fetch | undefined {
  const { head } = draft;
  if (isDormant(draft)) return undefined;
  const all = head.chains.flatMap((id) => {
    const epoch = draft.epoch(id);
    return (epoch?.members ?? []).flatMap((_, index) => (epoch ? (nextOf(draft, epoch, index) ?? []) : []));
  });
  if (all.length === 0) return undefined;
  const turn = Math.floor(head.probe / 2);
  const current = draft.current;
  const heard =
    head.probe % 2 === 0 ? undefined : head.heardLast.filter((id) => id !== draft.own)[turn % Math.max(1, head.heardLast.length)];
  const recent =
    current && heard
      ? nextOf(
          draft,
          current,
          current.members.findIndex(({ id }) => id === heard),
        )
      : undefined;
  const place = recent ?? (all[turn % all.length] as Place);
  return messageFetch(draft, place);
}

export const countProbe = (draft: RoomDraft): void => draft.set({ probe: (draft.head.probe + 1) % 0x4000_0000 });

/** Takes in what stands under the name of a message. Answers whether it is held now. */
export function takeObject(draft: RoomDraft, place: Place, bytes: Uint8Array | undefined): boolean {
  const missing = missingAt(draft, place);
  if (missing) setMissing(draft, { ...missing, fetchedAt: draft.tx.now });
  if (draft.entry(place)) return true;
  const epoch = draft.epoch(place.epoch);
  const chains = draft.chains(place.epoch);
  const chain = chains?.chains[place.index];
  const sender = epoch?.members[place.index];
  if (!bytes || !epoch || !chain || !chains || !sender) return false;
  const taken = takeKey(draft.crypto, chain, place.n);
  const seal = taken && { messageKey: taken.messageKey, associatedData: associatedData(epoch, sender.id, place.n) };
  const opened = seal && openMessage(draft.crypto, seal, bytes);
  if (!taken || !opened) {
    // Counts as absent: the right bytes may come yet, and their key is kept for them.
    raise(draft, "object-invalid", sender.id);
    return false;
  }
  return takeOpened(draft, place, opened, () => {
    draft.setChains(epoch.epoch, { ...chains, chains: chains.chains.with(place.index, taken.chain as Chain) });
    draft.tx.consume(...taken.consumed);
  });
}

function takeOpened(draft: RoomDraft, place: Place, opened: OpenedMessage, useKey: () => void): boolean {
  const { message, messageId } = opened;
  const epoch = draft.epoch(place.epoch) as Epoch;
  const isRight = message.epoch === place.epoch && message.sender === epoch.members[place.index]?.id && message.n === place.n;
  const acceptance = isRight ? acceptMessage(draft, opened) : "refused";
  if (acceptance === "busy") return false;
  useKey();
  // A sender that writes nonsense under its own key loses this place, and the room goes on.
  if (acceptance === "refused" && !draft.entry(place) && !isBeyondClosing(draft, epoch, place)) {
    draft.setEntry(place, { n: place.n, messageId, lamport: message.lamport, state: 2 });
    draft.report("room-refused", { member: epoch.members[place.index]?.id ?? "", hash: messageId, n: place.n, detail: "unsound" });
  }
  return true;
}

/** Takes in an answer about a descriptor (SPEC §6.2). */
export function takeDescriptor(draft: RoomDraft, what: { readonly owner: CwebId; readonly e: number }, answer: ReadResult): void {
  const key = draft.head.descriptors.find(({ owner, e }) => owner === what.owner && e === what.e);
  if (!key) return;
  const { now } = draft.tx;
  const asked = { ...key, askedAt: now };
  if (answer.kind === "unchanged") {
    settle(draft, { ...asked, answeredAt: now });
    return;
  }
  if (answer.kind !== "found") {
    if (key.version === 0) setDescriptor(draft, asked);
    else older(draft, asked);
    return;
  }
  takeFound(draft, asked, answer);
}

function takeFound(draft: RoomDraft, key: DescriptorKey, answer: ReadResult & { readonly kind: "found" }): void {
  const { now } = draft.tx;
  const signed = openSigned(draft.crypto, sealKeyOf(draft, key), answer.bytes);
  const record = signed && verifyRecord(draft.crypto, key.signingKey, signed);
  if (!signed || !record || record.epoch !== key.e || record.objectId !== (draft.head.groupId as string)) {
    setDescriptor(draft, key);
    raise(draft, "descriptor-invalid", key.owner);
    return;
  }
  const { version, prevVersion, prevHash } = record;
  if (version > now + clockTolerance) {
    setDescriptor(draft, key);
    return;
  }
  if (version < key.version) {
    older(draft, key);
    return;
  }
  const head = recordHead(draft.crypto, signed);
  const isFork =
    version === key.version ? !equal(head, key.head) : prevVersion === key.version && key.version > 0 && !equal(prevHash, key.head);
  if (isFork) raise(draft, "room-fork", key.owner, signed.record);
  const isRotated = record.kind === recordKinds.rotated;
  const read = {
    version,
    head,
    validUntil: record.validUntil,
    interval: Math.max(1, record.interval),
    stored: storable(answer.version),
    isRotated,
  };
  settle(draft, { ...key, ...read, answeredAt: now });
  take(draft, signed, isRotated ? key.owner : null, key);
}

function take(draft: RoomDraft, signed: SignedRecord, rotatedBy: CwebId | null, { e }: { readonly e: number }): void {
  takeRecord(draft, signed);
  // Closed, and no newer key has come: somebody has a newer record.
  if (rotatedBy !== null && draft.current?.e === e && !draft.head.epochKeys.some((one) => one.e > e)) askNewest(draft, rotatedBy);
}

/** Not the newest that is known to exist: an alarm when it has stood for three polls and ten minutes. */
function older(draft: RoomDraft, key: DescriptorKey): void {
  const { now } = draft.tx;
  const since = key.olderPolls === 0 ? now : key.olderSince;
  const polls = key.olderPolls + 1;
  setDescriptor(draft, { ...key, olderSince: since, olderPolls: polls });
  if (polls >= 3 && now - since >= 10 * minute) raise(draft, "room-rollback", key.owner);
}

function settle(draft: RoomDraft, key: DescriptorKey): void {
  if (key.announced > key.version) {
    older(draft, key);
    return;
  }
  setDescriptor(draft, { ...key, olderSince: 0, olderPolls: 0 });
  const { alarms } = draft.head;
  const stands = alarms.filter(({ code, member }) => code !== "room-rollback" || member !== key.owner);
  if (stands.length !== alarms.length) draft.set({ alarms: stands });
}

/** Versions come from a stranger's store: one that cannot be kept only costs the conditional GET. */
const storable = (version: string): string => (version.length <= 1024 && /^[\x20-\x7e]*$/.test(version) ? version : "");

/** The message after one that a probe has found. */
export function planFollowing(draft: RoomDraft, { epoch, index, n }: Place): Fetch | undefined {
  const place = { epoch, index, n: n + 1 };
  return draft.entry(place) ? undefined : messageFetch(draft, place);
}
