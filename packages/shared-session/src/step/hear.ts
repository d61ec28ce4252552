import type { CwebId } from "@cweb/discovery";
import type { ReceivedMessage } from "@cweb/session";
import { memberOf } from "../core/epoch.ts";
import { readMessage } from "../core/room-object.ts";
import type { RoomDraft } from "../room-draft.ts";
import { tryDecode } from "../wire/decode.ts";
import { acceptCodec } from "../wire/descriptor.ts";
import { endCodec, keyCodec } from "../wire/key.ts";
import { roomKinds } from "../wire/kinds.ts";
import { inviteCodec, joinCodec, leaveCodec, offerCodec, rejoinCodec } from "../wire/membership.ts";
import { type Copy, copyCodec, type Hint, headsCodec, hintCodec, wantCodec } from "../wire/recovery.ts";
import { acceptMessage } from "./accept.ts";
import { takeAccept, takeJoin, takeLeave, takeOffer, takeRejoin } from "./administer.ts";
import { askNewest } from "./ask.ts";
import { hold } from "./held.ts";
import { takeEnd, takeKey } from "./keys.ts";
import { addMissing } from "./missing.ts";
import { tellEnd } from "./open-epoch.ts";
import { takeRecord } from "./records.ts";
import { answerWant } from "./want.ts";

/** What comes out of a session with `from` (SPEC §7). Malformed payloads change nothing. */

/** The room that a message is about; every payload but a copy begins with its id. */
export function groupOf({ number, payload }: Pick<ReceivedMessage, "number" | "payload">): string | undefined {
  const { invite, join, leave, key, rejoin, hint, want, accept, copy, end, offer } = roomKinds;
  switch (number) {
    case key.number:
      return tryDecode(keyCodec, payload)?.object.objectId;
    case copy.number:
      return tryDecode(copyCodec, payload)?.groupId;
    case invite.number:
      return tryDecode(inviteCodec, payload)?.groupId;
    case join.number:
      return tryDecode(joinCodec, payload)?.groupId;
    case leave.number:
      return tryDecode(leaveCodec, payload)?.groupId;
    case rejoin.number:
      return tryDecode(rejoinCodec, payload)?.groupId;
    case hint.number:
      return tryDecode(hintCodec, payload)?.groupId;
    case want.number:
      return tryDecode(wantCodec, payload)?.groupId;
    case accept.number:
      return tryDecode(acceptCodec, payload)?.groupId;
    case end.number:
      return tryDecode(endCodec, payload)?.groupId;
    case offer.number:
      return tryDecode(offerCodec, payload)?.groupId;
    default:
      return undefined;
  }
}

/** Takes in a message about a known room. It has been decoded once, by `groupOf`. */
export function hear(draft: RoomDraft, from: CwebId, { number, payload, messageId }: ReceivedMessage): void {
  switch (number) {
    case roomKinds.key.number:
      return hearKey(draft, from, messageId, payload);
    case roomKinds.end.number:
      return hearEnd(draft, from, messageId, payload);
    case roomKinds.join.number:
      return takeJoin(draft, from, joinCodec.decode(payload));
    case roomKinds.leave.number:
      return takeLeave(draft, from, leaveCodec.decode(payload));
    case roomKinds.rejoin.number:
      return takeRejoin(draft, from, rejoinCodec.decode(payload));
    case roomKinds.offer.number:
      return takeOffer(draft, from, offerCodec.decode(payload));
    case roomKinds.accept.number:
      return takeAccept(draft, from, acceptCodec.decode(payload));
    case roomKinds.hint.number:
      return hearHint(draft, from, hintCodec.decode(payload));
    case roomKinds.want.number:
      return answerWant(draft, from, wantCodec.decode(payload));
    case roomKinds.copy.number:
      return hearCopy(draft, from, copyCodec.decode(payload));
  }
}

/** Keys count only from the admin, or from who was admin in the epoch that they open. */
function hearKey(draft: RoomDraft, from: CwebId, messageId: Uint8Array, payload: Uint8Array): void {
  const message = keyCodec.decode(payload);
  if (message.proof) takeRecord(draft, message.proof);
  const epoch = draft.epochAt(message.object.epoch);
  const wasAdmin = epoch !== undefined && draft.epoch(epoch)?.admin === from;
  if (from === draft.head.admin || wasAdmin) takeKey(draft, from, message);
  else {
    hold(draft, from, roomKinds.key.number, messageId, payload);
    askNewest(draft, from);
  }
}

function hearEnd(draft: RoomDraft, from: CwebId, messageId: Uint8Array, payload: Uint8Array): void {
  const { proof } = endCodec.decode(payload);
  if (proof) takeRecord(draft, proof);
  if (from === draft.head.admin) takeEnd(draft);
  else hold(draft, from, roomKinds.end.number, messageId, payload);
}

function hearHint(draft: RoomDraft, from: CwebId, { epoch, index, n }: Hint): void {
  const found = draft.epoch(epoch);
  if (!found) return askNewest(draft, from);
  const place = { epoch, index, n };
  if (index < found.members.length && memberOf(found, draft.own) && !draft.entry(place)) addMissing(draft, { ...place, messageId: null });
}

/** Content and records count by their signatures, whoever hands them on. */
function hearCopy(draft: RoomDraft, from: CwebId, copy: Copy): void {
  const { hearing } = draft.head;
  if (copy.of === 1) {
    const opened = readMessage(draft.crypto, copy.message);
    if (opened) acceptMessage(draft, opened);
    return;
  }
  if (copy.of === 2) takeRecord(draft, copy.record);
  if (hearing && !hearing.heard.includes(from) && draft.head.hearing) {
    draft.set({ hearing: { ...draft.head.hearing, heard: [...hearing.heard, from] } });
  }
  const { current } = draft;
  if (copy.of === 2 && draft.isAdmin && !draft.head.hearing && current && !memberOf(current, from)) tellEnd(draft, from);
}

/** The rider `ss-heads`: what a member has read, and so what there is. */
export function hearHeads(draft: RoomDraft, from: CwebId, payload: Uint8Array): void {
  const heads = tryDecode(headsCodec, payload);
  if (!heads) return;
  const { epoch } = heads;
  const found = draft.epoch(epoch);
  if (!found) return askNewest(draft, from);
  if (!memberOf(found, from) || !memberOf(found, draft.own)) return;
  const nodes = heads.heads.filter(({ index }) => index < found.members.length).map(({ index, n }) => ({ epoch, index, n }));
  for (const place of nodes) if (!draft.entry(place)) addMissing(draft, { ...place, messageId: null });
  const { read } = draft.head;
  const before = read.find(({ member }) => member === from)?.nodes ?? [];
  const merged = [...before.filter((one) => !nodes.some(({ index }) => one.epoch === epoch && one.index === index)), ...nodes].slice(-256);
  draft.set({ read: [...read.filter(({ member }) => member !== from), { member: from, nodes: merged }] });
}

export const headsGroup = (payload: Uint8Array): string | undefined => tryDecode(headsCodec, payload)?.groupId;
