import type { CwebId } from "@cweb/discovery";
import { recordKinds } from "@cweb/shared-object/core";
import { chainSecrets } from "../core/chain.ts";
import { type Epoch, memberOf } from "../core/epoch.ts";
import {
  askDaily,
  askEvery,
  day,
  heartbeat,
  hour,
  keysKeptDays,
  maxWants,
  rekeyEvery,
  rotateAfter,
  rotateMessages,
  waitForMembers,
  withheldAfter,
} from "../core/limits.ts";
import type { Asking, MissingMessage } from "../core/room-head.ts";
import type { RoomDraft } from "../room-draft.ts";
import { descriptorPayload } from "../wire/descriptor.ts";
import { roomKinds } from "../wire/kinds.ts";
import { wantCodec } from "../wire/recovery.ts";
import { resolveWaiting } from "./accept.ts";
import { askAdmin, sendWant } from "./ask.ts";
import { isBeyondClosing } from "./close.ts";
import { dropMissing, ownerOf, setMissing } from "./missing.ts";
import { openEpoch } from "./open-epoch.ts";
import { canSend, post } from "./post.ts";
import { ownDescriptor, writeRecord } from "./publish.ts";
import { isClosedByHandover } from "./records.ts";
import { answerNewest } from "./want.ts";

/** What is due in a room besides reading (SPEC §7). Answers whether there is more to do at once. */
export function tend(draft: RoomDraft): boolean {
  tendMissing(draft);
  tendAsked(draft);
  tendHearing(draft);
  for (const member of draft.head.answers) answerNewest(draft, member);
  if (draft.head.answers.length > 0) draft.set({ answers: [] });
  administer(draft);
  if (draft.head.owesHint && canSend(draft)) {
    post(draft, { kind: roomKinds.hint.number, payload: new Uint8Array(), uuid: draft.tx.random.bytes(16) });
  }
  tendChains(draft);
  return resolveWaiting(draft);
}

/** Asked at once, then every ten minutes, after a day daily. */
export function isDue({ asks, askedAt }: Asking, since: number, now: number): boolean {
  if (asks === 0 || now < askedAt) return true;
  return now - askedAt >= (now - since >= day ? askDaily : askEvery);
}

export const othersIn = (draft: RoomDraft, epoch: Epoch | undefined): readonly CwebId[] =>
  (epoch?.members ?? []).map(({ id }) => id).filter((id) => id !== draft.own);

/** The author first, then it and the other members in turn. */
function whomToAsk(draft: RoomDraft, missing: MissingMessage): CwebId | undefined {
  const { current, tools, tx } = draft;
  const author = ownerOf(draft, missing);
  const others = othersIn(draft, current).filter((id) => tools.canReach(tx, id));
  const isAuthorThere = author !== undefined && others.includes(author);
  if (missing.asks % 2 === 0 && isAuthorThere) return author;
  const rest = current?.policy.copies ? others.filter((id) => id !== author) : [];
  const ownPlace = current?.members.findIndex(({ id }) => id === draft.own) ?? 0;
  if (rest.length > 0) return rest[(Math.floor(missing.asks / 2) + ownPlace) % rest.length];
  return isAuthorThere ? author : undefined;
}

function tendMissing(draft: RoomDraft): void {
  const { now } = draft.tx;
  const wanted = new Map<CwebId, MissingMessage[]>();
  for (const missing of draft.head.missing) {
    const epoch = draft.epoch(missing.epoch);
    if (!epoch || !memberOf(epoch, draft.own) || isBeyondClosing(draft, epoch, missing) || draft.entry(missing)) {
      dropMissing(draft, missing);
      continue;
    }
    const isLate = !missing.isWithheld && now - missing.since >= withheldAfter;
    const owner = epoch.members[missing.index]?.id ?? "";
    if (isLate) draft.report("room-withheld", { member: owner, hash: missing.messageId, n: missing.n, e: epoch.e });
    if (isLate) setMissing(draft, { ...missing, isWithheld: true });
    // Asked for by its name first: the round after it was noted.
    // What a restored home has written itself is known to others only.
    const canFetch = missing.fetchedAt === 0 && owner !== draft.own && draft.chains(missing.epoch) !== undefined;
    if (canFetch || !isDue(missing, missing.since, now)) continue;
    const to = whomToAsk(draft, missing);
    const list = (to && wanted.get(to)) ?? [];
    if (to === undefined || list.length >= maxWants) continue;
    wanted.set(to, [...list, missing]);
    setMissing(draft, { ...missing, isWithheld: missing.isWithheld || isLate, asks: missing.asks + 1, askedAt: now });
  }
  for (const [to, list] of wanted) {
    const messages = list.map(({ epoch, index, n }) => ({ epoch, index, n }));
    draft.letter(to, "want", wantCodec.encode({ groupId: draft.head.groupId, epoch: null, messages }));
  }
}

/** Records of epochs: of every member that may have them, in turn. */
function tendAsked(draft: RoomDraft): void {
  const { head, tx } = draft;
  const others = [...new Set([head.admin, ...othersIn(draft, draft.current)])].filter((id) => id !== draft.own);
  const asked = head.askedEpochs.map((one) => {
    const to = others[one.asks % Math.max(1, others.length)];
    if (to === undefined || !isDue(one, one.askedAt || tx.now, tx.now)) return one;
    sendWant(draft, to, one.epoch);
    return { ...one, asks: one.asks + 1, askedAt: tx.now };
  });
  draft.set({ askedEpochs: asked });
  const hasOpen = head.held.length > 0 || head.epochKeys.some(({ e }) => draft.epochAt(e) === undefined);
  const newest = head.newest ?? (hasOpen ? { from: null, asks: 0, askedAt: 0 } : null);
  if (!newest || !isDue(newest, newest.askedAt || tx.now, tx.now)) return;
  const first = newest.from ?? head.held[0] ?? head.epochKeys[0]?.from;
  const candidates = [...new Set([...(first ? [first] : []), ...others])].filter((id) => id !== draft.own);
  const to = candidates[newest.asks % Math.max(1, candidates.length)];
  if (to !== undefined) sendWant(draft, to, null);
  draft.set({ newest: hasOpen ? { ...newest, asks: newest.asks + 1, askedAt: tx.now } : null });
}

/** A restored admin acts when all have answered, or after a week. */
function tendHearing(draft: RoomDraft): void {
  const { hearing, pending } = draft.head;
  if (!hearing) return;
  const others = othersIn(draft, draft.current);
  const isOver = draft.tx.confirmedNow - hearing.since >= waitForMembers;
  if (isOver || (others.every((id) => hearing.heard.includes(id)) && pending.length === 0)) {
    draft.set({ hearing: null, owesEpoch: draft.isAdmin });
    askAdmin(draft);
    return;
  }
  if (!isDue(hearing, hearing.since, draft.tx.now)) return;
  for (const id of others) if (!hearing.heard.includes(id)) sendWant(draft, id, null);
  draft.set({ hearing: { ...hearing, asks: hearing.asks + 1, askedAt: draft.tx.now } });
}

/** The admin's duties: waiting changes go together into one epoch; none for a reason that a member can cause alone more than hourly. */
function administer(draft: RoomDraft): void {
  const { head, current, tx } = draft;
  if (!draft.isAdmin || head.hearing !== null || !current || head.isEnded) return;
  const { joins, leaves, rekeys } = head.todo;
  const leaving = leaves.filter(({ member }) => memberOf(current, member));
  const ready = leaving.filter(({ last, since }) => last === null || draft.entry(last)?.state === 1 || tx.now - since >= hour);
  const mayRekey = rekeys.length > 0 && tx.now - head.rekeyedAt >= rekeyEvery;
  const isOld = current.admin === draft.own && (tx.now - head.openedAt >= rotateAfter || countMessages(draft, current) >= rotateMessages);
  const mustOpen = current.admin !== draft.own || head.owesEpoch || isOld;
  if (mustOpen || joins.length > 0 || ready.length > 0 || mayRekey) {
    if (mayRekey) draft.set({ rekeyedAt: tx.now });
    openEpoch(draft, { joins, leaves: ready, rekeys: rekeys.filter(({ member }) => memberOf(current, member)) }, current.policy);
    draft.set({ todo: { ...draft.head.todo, leaves: leaving.filter((one) => !ready.includes(one)) } });
    return;
  }
  if (tx.now - head.writtenAt >= heartbeat) renew(draft, current);
}

const countMessages = (draft: RoomDraft, { epoch }: Epoch): number =>
  draft.index(epoch).senders.reduce((sum, entries) => sum + entries.length, 0);

/** The same E again, so that nobody takes it for stale. */
export function renew(draft: RoomDraft, current: Epoch): void {
  const descriptor = ownDescriptor(draft, current.e);
  if (!descriptor || isClosedByHandover(draft, current)) return;
  const signed = writeRecord(
    draft,
    descriptor,
    recordKinds.epoch,
    descriptorPayload.encode({ epoch: current.bytes, about: draft.head.about }),
  );
  const record = draft.record(current.epoch);
  if (record) draft.setRecord(current.epoch, { ...record, record: signed });
  draft.set({ writtenAt: draft.tx.now });
}

/** Keys of closed epochs go after a week of own rounds, never by a date that somebody else has set. */
function tendChains(draft: RoomDraft): void {
  const today = Math.floor(draft.tx.confirmedNow / day);
  if (today <= draft.head.lastDay) return;
  draft.set({ lastDay: today });
  for (const epoch of draft.head.chains) {
    const chains = draft.chains(epoch);
    if (!chains || chains.closedDays === null) continue;
    if (chains.closedDays + 1 > keysKeptDays) {
      draft.tx.consume(...chainSecrets(chains));
      draft.dropChains(epoch);
    } else draft.setChains(epoch, { ...chains, closedDays: chains.closedDays + 1 });
  }
}
