import { decodeBase32, encodeBase32 } from "@cweb/crypto";
import type { MessageKind } from "@cweb/session";
import { associatedData, messagePath, takeKey } from "../core/chain.ts";
import { type Epoch, indexOf } from "../core/epoch.ts";
import { type EpochId, type GroupId, noMessage, parseGroupId } from "../core/ids.ts";
import { maxParents, maxPayload } from "../core/limits.ts";
import { type Chain, type Chains, ownCodec, storedCodec } from "../core/records.ts";
import type { Node } from "../core/room-head.ts";
import { sealMessage, signMessage } from "../core/room-object.ts";
import type { RoomDraft } from "../room-draft.ts";
import { SharedSessionError } from "../shared-session-error.ts";
import { isRoomKind, roomKinds } from "../wire/kinds.ts";
import type { Parent, RoomMessage } from "../wire/message.ts";
import { byDisplay, show } from "./show.ts";
import { makeVouch, owesVouch } from "./vouch.ts";

/** How this home writes into its chain (SPEC §5.1). */

export interface Posting {
  readonly kind: number;
  readonly payload: Uint8Array;
  /** 16 bytes. */
  readonly uuid: Uint8Array;
}

/** A restored home writes nothing until an epoch lists its new key: what it wrote before is lost to it. */
export function canSend(draft: RoomDraft): boolean {
  const { current, rejoinSeed, hearing } = draft.head;
  if (!draft.isMember || current === null || rejoinSeed !== null || hearing !== null) return false;
  return draft.chains(current)?.closedDays === null;
}

/** Writes a message, behind the tags that members do not have yet. The caller has seen to it that it can. */
export function post(draft: RoomDraft, posting: Posting): Node {
  const epoch = draft.current as Epoch;
  if (owesVouch(draft, epoch)) {
    draft.set({ vouchedFor: epoch.members.map(({ id }) => id) });
    write(draft, epoch, { kind: roomKinds.vouch.number, payload: makeVouch(draft, epoch), uuid: draft.tx.random.bytes(16) });
  }
  return write(draft, epoch, posting);
}

function write(draft: RoomDraft, epoch: Epoch, posting: Posting): Node {
  const { crypto, tx, head } = draft;
  const index = indexOf(epoch, draft.own);
  const chains = draft.chains(epoch.epoch) as Chains;
  const chain = chains.chains[index] as Chain;
  const { n } = chain;
  const message = compose(draft, epoch, { index, n }, posting);
  const opened = signMessage(crypto, head.signingSeed, message);
  const taken = takeKey(crypto, chain, n) as NonNullable<ReturnType<typeof takeKey>>;
  const seal = { messageKey: taken.messageKey, associatedData: associatedData(epoch, draft.own, n) };
  const path = messagePath(crypto, chain, n);
  const node = { epoch: epoch.epoch, index, n, messageId: opened.messageId, lamport: message.lamport };
  const options = { chain: `room/${head.groupId}/${epoch.epoch}`, beaconFirst: n === 0, tag: tagOf(draft, node, posting.uuid) };
  tx.publish(path, sealMessage(crypto, tx.random, seal, opened.signed), options);
  tx.consume(...taken.consumed);
  draft.setChains(epoch.epoch, { ...chains, chains: chains.chains.with(index, taken.chain) });
  const own = { epoch: epoch.epoch, index, n, messageId: opened.messageId, path, time: message.time, askedBy: [], isReposted: false };
  tx.put(draft.names.own(message.time, opened.messageId), ownCodec.encode(own));
  const stored = { epoch: epoch.epoch, index, receivedAt: tx.now, isShown: true, ...opened.signed };
  tx.put(draft.names.message(message.lamport, opened.messageId), storedCodec.encode(stored));
  show(draft, node, { stored, message });
  draft.set({ owesHint: false });
  return node;
}

/** Parents are the heads, at most eight: those that come last in the order. What is left over stays a head. */
function compose(
  draft: RoomDraft,
  epoch: Epoch,
  { index, n }: { readonly index: number; readonly n: number },
  posting: Posting,
): RoomMessage {
  const { heads } = draft.head;
  const chosen = [...heads].sort(byDisplay).slice(-maxParents);
  const parents = chosen.flatMap(({ epoch: id, index: at, n: number, messageId }): Parent[] => {
    const found = draft.epoch(id);
    return found ? [{ e: found.e, index: at, n: number, messageId }] : [];
  });
  const previous = n === 0 ? undefined : draft.entry({ epoch: epoch.epoch, index, n: n - 1 });
  const lamports = [...chosen.map(({ lamport }) => lamport), ...(previous ? [previous.lamport] : [])];
  return {
    groupId: draft.head.groupId,
    epoch: epoch.epoch,
    sender: draft.own,
    n,
    lamport: 1 + Math.max(-1, ...lamports),
    parents,
    previousOwn: previous?.messageId ?? noMessage,
    time: draft.tx.now,
    ...posting,
  };
}

const tagPrefix = "room";
const tagOf = (draft: RoomDraft, { epoch, index, n }: Node, uuid: Uint8Array): string =>
  [tagPrefix, draft.head.groupId, epoch, index, n, encodeBase32(uuid)].join(" ");

export interface StoredTag {
  readonly groupId: GroupId;
  readonly epoch: EpochId;
  readonly n: number;
  /** The sending application's id: 16 bytes. */
  readonly messageId: Uint8Array;
}

/** Which message of a room a flush report's tag says was stored; `undefined` for what is none. */
export function readTag(tag: string): StoredTag | undefined {
  const [prefix, group = "", epoch, _index, n, uuid = ""] = tag.split(" ");
  const [groupId, messageId] = [parseGroupId(group), decodeBase32(uuid)];
  if (prefix !== tagPrefix || !groupId || !messageId) return undefined;
  return { groupId, epoch: epoch as EpochId, n: Number(n), messageId };
}

/** What an application sends. */
export interface Outgoing {
  /** A number of the registry that is accepted in rooms, such as the session's `kinds.text.number`. */
  readonly kind: number;
  /** At most 54 KiB. */
  readonly payload: Uint8Array;
  /** 16 bytes. Sending the same id again sends nothing. Without one a random id is drawn. */
  readonly messageId?: Uint8Array;
}

/** Throws `SharedSessionError` `too-large`, `unsupported-kind`, `not-a-member`, `cannot-send-yet`. */
export function sendMessage(
  draft: RoomDraft,
  { kind, payload, messageId }: Outgoing,
): { readonly messageId: Uint8Array; readonly isRepeated: boolean } {
  if (payload.length > maxPayload) throw new SharedSessionError("too-large", `a message to a room may have ${maxPayload} bytes`);
  if (messageId && messageId.length !== 16) throw new SharedSessionError("unsupported-kind", "a message id has 16 bytes");
  const isOwnKind = Object.values<MessageKind>(roomKinds).some(({ number }) => number === kind);
  if (isOwnKind || !isRoomKind(kind, draft.tools.kinds)) {
    throw new SharedSessionError("unsupported-kind", `messages of kind ${kind} do not stand in rooms`);
  }
  const uuid = messageId ?? draft.tx.random.bytes(16);
  const name = draft.names.sent(uuid);
  if (messageId && draft.tx.get(name)) return { messageId: uuid, isRepeated: true };
  if (!draft.isMember) throw new SharedSessionError("not-a-member", "this home is not a member of the room");
  if (!canSend(draft)) {
    throw new SharedSessionError("cannot-send-yet", "the keys of the present epoch have not come yet; try again later", {
      retryable: true,
    });
  }
  const node = post(draft, { kind, payload, uuid });
  if (messageId) draft.tx.put(name, new TextEncoder().encode(node.messageId));
  return { messageId: uuid, isRepeated: false };
}
