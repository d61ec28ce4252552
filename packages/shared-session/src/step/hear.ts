import type { CwebId } from "@cweb/discovery";
import type { Codec } from "@cweb/serialization";
import type { ReceivedMessage } from "@cweb/session";
import { memberOf } from "../core/epoch.ts";
import { readMessage } from "../core/room-object.ts";
import type { RoomDraft } from "../room-draft.ts";
import { tryDecode } from "../wire/decode.ts";
import { acceptCodec } from "../wire/descriptor.ts";
import { type EndMessage, endCodec, type KeyMessage, keyCodec } from "../wire/key.ts";
import { roomKinds } from "../wire/kinds.ts";
import { inviteCodec, joinCodec, leaveCodec, offerCodec, rejoinCodec } from "../wire/membership.ts";
import { type Copy, copyCodec, type Hint, headsCodec, hintCodec, wantCodec } from "../wire/recovery.ts";
import { acceptMessage } from "./accept.ts";
import { takeAccept, takeJoin, takeLeave, takeOffer, takeRejoin } from "./administer.ts";
import { askNewest } from "./ask.ts";
import { takeInvitation } from "./found.ts";
import { hold } from "./held.ts";
import { takeEnd, takeKey } from "./keys.ts";
import { addMissing } from "./missing.ts";
import { tellEnd } from "./open-epoch.ts";
import { takeRecord } from "./records.ts";
import { answerWant } from "./want.ts";

/** What comes out of a session with `from` (SPEC §7). Malformed payloads change nothing. */

/** How one kind of message is read. */
interface Reader {
  group(payload: Uint8Array): string | undefined;
  hear(draft: RoomDraft, from: CwebId, message: ReceivedMessage): void;
}

function reader<T>(
  codec: Codec<T>,
  group: (value: T) => string,
  hear: (draft: RoomDraft, from: CwebId, value: T, message: ReceivedMessage) => void,
): Reader {
  return {
    group: (payload) => {
      const value = tryDecode(codec, payload);
      return value && group(value);
    },
    hear: (draft, from, message) => {
      const value = tryDecode(codec, message.payload);
      if (value) hear(draft, from, value, message);
    },
  };
}

const groupId = (value: { readonly groupId: string }): string => value.groupId;

const readers: ReadonlyMap<number, Reader> = new Map([
  [roomKinds.invite.number, reader(inviteCodec, groupId, takeInvitation)],
  [roomKinds.join.number, reader(joinCodec, groupId, takeJoin)],
  [roomKinds.leave.number, reader(leaveCodec, groupId, takeLeave)],
  [roomKinds.key.number, reader(keyCodec, ({ object }) => object.objectId, hearKey)],
  [roomKinds.rejoin.number, reader(rejoinCodec, groupId, takeRejoin)],
  [roomKinds.hint.number, reader(hintCodec, groupId, hearHint)],
  [roomKinds.want.number, reader(wantCodec, groupId, answerWant)],
  [roomKinds.accept.number, reader(acceptCodec, groupId, takeAccept)],
  [roomKinds.copy.number, reader(copyCodec, groupId, hearCopy)],
  [roomKinds.end.number, reader(endCodec, groupId, hearEnd)],
  [roomKinds.offer.number, reader(offerCodec, groupId, takeOffer)],
]);

/** The room that a message is about; `undefined` for what is malformed. */
export const groupOf = ({ number, payload }: Pick<ReceivedMessage, "number" | "payload">): string | undefined =>
  readers.get(number)?.group(payload);

/** Takes in a message about a known room. */
export function hear(draft: RoomDraft, from: CwebId, message: ReceivedMessage): void {
  readers.get(message.number)?.hear(draft, from, message);
}

/** Keys count only from the admin, or from who was admin in the epoch that they open. */
function hearKey(draft: RoomDraft, from: CwebId, message: KeyMessage, { messageId, payload }: ReceivedMessage): void {
  if (message.proof) takeRecord(draft, message.proof);
  const epoch = draft.epochAt(message.object.epoch);
  const wasAdmin = epoch !== undefined && draft.epoch(epoch)?.admin === from;
  if (from === draft.head.admin || wasAdmin) takeKey(draft, from, message);
  else {
    hold(draft, from, roomKinds.key.number, messageId, payload);
    askNewest(draft, from);
  }
}

function hearEnd(draft: RoomDraft, from: CwebId, { proof }: EndMessage, { messageId, payload }: ReceivedMessage): void {
  if (proof) takeRecord(draft, proof);
  if (from === draft.head.admin) takeEnd(draft);
  else hold(draft, from, roomKinds.end.number, messageId, payload);
}

function hearHint(draft: RoomDraft, from: CwebId, { epoch, index, n }: Hint): void {
  const found = draft.epoch(epoch);
  if (!found) {
    askNewest(draft, from);
    return;
  }
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
  if (!found) {
    askNewest(draft, from);
    return;
  }
  if (!memberOf(found, from) || !memberOf(found, draft.own)) return;
  const nodes = heads.heads.filter(({ index }) => index < found.members.length).map(({ index, n }) => ({ epoch, index, n }));
  for (const place of nodes) if (!draft.entry(place)) addMissing(draft, { ...place, messageId: null });
  const { read } = draft.head;
  const before = read.find(({ member }) => member === from)?.nodes ?? [];
  const merged = [...before.filter((one) => !nodes.some(({ index }) => one.epoch === epoch && one.index === index)), ...nodes].slice(-256);
  draft.set({ read: [...read.filter(({ member }) => member !== from), { member: from, nodes: merged }] });
}

export const headsGroup = (payload: Uint8Array): string | undefined => tryDecode(headsCodec, payload)?.groupId;
